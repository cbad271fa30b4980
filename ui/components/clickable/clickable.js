/* Images that one clicks. Pointer and keyboard cursor stay in the browser; a press is sent as [down, right], 0 … 1. */
"use strict";

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const STEP = 0.01; // of the image, for an arrow key; with Shift ten times as far

class Clickable {
  constructor(root) {
    this.host = root.querySelector("[data-part=images]");
    this.spoken = root.querySelector("[data-part=place]");
    this.figures = [];
    this.finished = new AbortController();
    const { signal } = this.finished;
    const on = (kind, act) => this.host.addEventListener(kind, act, { signal });
    on("pointermove", (event) => event.pointerType === "mouse" && this.point(this.at(event)));
    on("pointerleave", () => this.point(null));
    on("focusin", (event) => event.target.matches(":focus-visible") && this.point(this.cursor ?? this.data.mark ?? [0.5, 0.5]));
    on("focusout", () => this.point(null));
    on("click", (event) => event.target.closest(".frame") && this.choose(event.detail ? this.at(event) : this.cursor));
    on("keydown", (event) => this.move(event));
  }

  update(data, send) {
    Object.assign(this, { data, send });
    this.host.style.setProperty("--least", `${data.least}px`);
    while (this.figures.length > data.images.length) this.figures.pop().figure.remove();
    while (this.figures.length < data.images.length) this.figures.push(this.draw());
    data.images.forEach((image, index) => this.fill(this.figures[index], image));
  }

  draw() {
    const make = (tag, name) => Object.assign(document.createElement(tag), { className: name });
    const [figure, title, frame, img, note] = [make("figure", ""), make("figcaption", ""), make("button", "frame"), make("img", ""), make("p", "")];
    const [ring, cross] = [make("span", "ring"), make("span", "cross")];
    frame.type = "button";
    cross.hidden = true;
    frame.append(img, ring, cross);
    figure.append(title, frame, note);
    this.host.append(figure);
    return { figure, title, frame, img, note, ring, cross };
  }

  fill({ figure, title, frame, img, note, ring }, image) {
    const { src, width, height, alt, crisp } = image;
    if (img.getAttribute("src") !== src) img.src = src;
    Object.assign(img, { width, height, alt: alt || image.title, className: crisp ? "crisp" : "" });
    figure.style.setProperty("--ratio", width / height);
    title.textContent = image.title;
    note.textContent = image.note;
    note.hidden = !image.note;
    frame.setAttribute("aria-label", `${alt || image.title}. ${this.data.label}`);
    ring.hidden = !this.data.mark;
    if (this.data.mark) put(ring, this.data.mark);
  }

  /** Show the cross at a place of all images; null hides it. */
  point(place) {
    this.cursor = place;
    for (const { cross } of this.figures) {
      cross.hidden = !place;
      if (place) put(cross, place);
    }
  }

  /** Send a place. The ring moves at once: the next arrow key begins there, also before the server has answered. */
  choose(place) {
    if (!place) return;
    this.send("place", place);
    if (!this.data.mark) return;
    this.data.mark = place;
    for (const { ring } of this.figures) put(ring, place);
  }

  at(event) {
    const box = event.target.closest?.(".frame")?.getBoundingClientRect();
    if (!box) return null;
    return [clip((event.clientY - box.top) / box.height), clip((event.clientX - box.left) / box.width)];
  }

  move(event) {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const length = event.shiftKey ? 10 * STEP : STEP;
    const from = this.cursor ?? this.data.mark ?? [0.5, 0.5];
    this.point([0, 1].map((axis) => clip(from[axis] + length * step[axis])));
    const [down, right] = this.cursor.map((share) => Math.round(100 * share));
    this.spoken.textContent = this.data.place.replace("{down}", down).replace("{right}", right);
  }
}

function clip(share) {
  return Math.min(Math.max(share, 0), 1);
}

function put(node, [down, right]) {
  Object.assign(node.style, { top: `${100 * down}%`, left: `${100 * right}%` });
}

const made = new WeakMap(); // Streamlit's element → its Clickable

export default function ({ data, parentElement, setTriggerValue }) {
  const clickable = made.get(parentElement) ?? new Clickable(parentElement);
  made.set(parentElement, clickable);
  clickable.update(data, setTriggerValue);
  return () => {
    clickable.finished.abort();
    made.delete(parentElement);
  };
}
