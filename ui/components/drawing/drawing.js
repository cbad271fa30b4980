/* A drawing with parts to press. Redrawn when Python sends another; the focus stays on its part. */
"use strict";

class Drawing {
  constructor(root) {
    this.host = root.querySelector("[data-part=drawing]");
    this.title = root.querySelector("[data-part=title]");
    this.finished = new AbortController();
    const { signal } = this.finished;
    const press = (event) => {
      const part = event.target.closest("svg [data-part]");
      if (part) this.send("part", part.dataset.part);
      return part;
    };
    this.host.addEventListener("click", press, { signal });
    this.host.addEventListener("keydown", (event) => {
      if ((event.key === "Enter" || event.key === " ") && press(event)) event.preventDefault();
    }, { signal });
  }

  update({ svg, title }, send) {
    this.send = send;
    this.title.textContent = title;
    if (svg === this.svg) return;
    this.svg = svg;
    const focused = this.host.getRootNode().activeElement?.dataset?.part;
    const scrolled = this.host.scrollLeft;
    this.host.innerHTML = svg;
    this.host.scrollLeft = scrolled;
    if (focused !== undefined) this.host.querySelector(`svg [data-part="${focused}"]`)?.focus();
  }
}

const made = new WeakMap(); // Streamlit's element → its Drawing

export default function ({ data, parentElement, setTriggerValue }) {
  const drawing = made.get(parentElement) ?? new Drawing(parentElement);
  made.set(parentElement, drawing);
  drawing.update(data, setTriggerValue);
  return () => {
    drawing.finished.abort();
    made.delete(parentElement);
  };
}
