/* IoU of every class in this epoch as a bar, with a tick where it was in the epoch that it is compared with. */
"use strict";

class Bars {
  constructor(scrubber) {
    Object.assign(this, { scrubber, node: scrubber.ui.bars, rows: [] });
  }

  build({ classes, colours }) {
    this.rows = classes.map((name, id) => {
      const dot = element("i", { class: "dot" });
      dot.style.background = cssColour(colours[id] ?? [128, 128, 128]);
      const fill = element("i", { class: "fill" });
      fill.style.background = cssColour(colours[id] ?? [128, 128, 128]);
      const tick = element("i", { class: "tick" });
      const [value, change] = [element("span", { class: "value" }), element("span", { class: "change" })];
      const track = element("span", { class: "track" }, fill, tick);
      const button = element("button", { class: "bar-row", "data-class": id }, dot, element("span", { class: "name", text: name, title: name }), track, value, change);
      button.addEventListener("click", () => this.scrubber.choose(id));
      return { button, fill, tick, value, change };
    });
    this.node.replaceChildren(...this.rows.map((row) => row.button));
  }

  write(story, now, before) {
    const shape = JSON.stringify([story.classes, story.colours]);
    if (this.shape !== shape) {
      this.shape = shape;
      this.build(story);
    }
    this.rows.forEach(({ button, fill, tick, value, change }, id) => {
      const [iou, was] = [now?.iou[id] ?? null, before?.iou[id] ?? null];
      fill.style.width = `${100 * (iou ?? 0)}%`;
      tick.hidden = was === null;
      tick.style.left = `${100 * (was ?? 0)}%`;
      value.textContent = iou === null ? "—" : iou.toFixed(3);
      writeChange(change, iou, was);
      button.setAttribute("aria-pressed", this.scrubber.settings.one === id);
    });
  }
}

/** ▲ +0.012, ▼ −0.003: the change of a number; `good` is whether more is better. */
function writeChange(node, now, before, good = 1) {
  const step = now === null || before === null || now === undefined || before === undefined ? null : now - before;
  const shown = step === null ? null : Math.abs(step).toFixed(3);
  const same = shown === null || Number(shown) === 0;
  node.textContent = shown === null ? "" : same ? "± 0" : step > 0 ? `▲ ${shown}` : `▼ ${shown}`;
  node.className = `change ${same ? "" : step * good > 0 ? "better" : "worse"}`;
}
