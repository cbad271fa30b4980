/* The table of counts of an epoch: rows the truth, columns what was predicted; every row adds up to all of a class.
 *
 * Blue on the diagonal is right, orange beside it is wrong. The cell under the pointer or the focus is read out and its
 * pixels stand out on the samples; pressing it keeps them. Arrow keys move the focus.
 */
"use strict";

const ROOM_FOR_NUMBERS = 10; // classes
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

class Matrix {
  constructor(scrubber) {
    const { matrix } = scrubber.ui;
    const { signal } = scrubber.ended;
    Object.assign(this, { scrubber, node: matrix, cells: [], focus: [0, 0] });
    const cellOf = (event) => event.target.closest?.(".cell")?.place ?? null;
    const on = (type, react) => matrix.addEventListener(type, react, { signal });
    on("pointerover", (event) => scrubber.preview(cellOf(event)));
    on("pointerleave", () => scrubber.preview(null));
    on("focusin", (event) => scrubber.preview(cellOf(event)));
    on("focusout", () => scrubber.preview(null));
    on("click", (event) => cellOf(event) && scrubber.pin(cellOf(event)));
    on("keydown", (event) => this.key(event, cellOf(event)));
  }

  key(event, place) {
    const move = MOVES[event.key];
    if (!place || !move) return;
    event.preventDefault();
    event.stopPropagation(); // the arrows do not change the epoch here
    const last = this.cells.length - 1;
    this.cells[clamp(place.truth + move[0], 0, last)][clamp(place.label + move[1], 0, last)].focus();
  }

  build({ classes, colours }) {
    const swatch = (id) => Object.assign(element("i", { class: "dot" }), { style: `background: ${cssColour(colours[id] ?? [128, 128, 128])}` });
    const roomy = classes.length <= ROOM_FOR_NUMBERS;
    this.node.style.setProperty("--classes", classes.length);
    this.node.classList.toggle("roomy", roomy);
    const head = (name, id, role) => element("span", { role, class: `head ${role}`, title: name }, swatch(id), element("span", { text: roomy || role === "rowheader" ? name : "" }));
    const top = element("div", { role: "row", class: "row" }, element("span", { class: "corner" }), ...classes.map((name, id) => head(name, id, "columnheader")));
    this.cells = classes.map((_, truth) =>
      classes.map((_, label) => {
        const cell = element("button", { class: `cell ${truth === label ? "right" : "wrong"}`, role: "gridcell", tabindex: "-1", "data-truth": truth, "data-label": label });
        return Object.assign(cell, { place: { truth, label } });
      }),
    );
    const rows = classes.map((name, id) => element("div", { role: "row", class: "row" }, head(name, id, "rowheader"), ...this.cells[id]));
    this.node.replaceChildren(top, ...rows);
    if (this.cells.length) this.cells[0][0].tabIndex = 0;
  }

  /** Bring the cells in line with counts; null while they are on their way: then what was there stays. */
  write(story, counts) {
    const shape = JSON.stringify([story.classes, story.colours]);
    if (this.shape !== shape) {
      this.shape = shape;
      this.build(story);
    }
    this.node.setAttribute("aria-busy", !counts);
    if (!counts) return;
    const { cell } = this.scrubber.settings;
    counts.forEach((row, truth) => {
      const all = row.reduce((sum, pixels) => sum + pixels, 0);
      row.forEach((pixels, label) => {
        const node = this.cells[truth][label];
        const share = all ? pixels / all : 0;
        node.style.setProperty("--share", Math.sqrt(share).toFixed(3)); // small shares are what one looks for
        node.textContent = this.cells.length > ROOM_FOR_NUMBERS ? "" : all ? inPerCent(share) : "—";
        node.classList.toggle("strong", share > 0.45);
        node.removeAttribute("aria-label"); // read out as a sentence as soon as somebody comes to it
        node.setAttribute("aria-selected", cell?.truth === truth && cell?.label === label);
      });
    });
  }
}

/** A share of 1 in per cent, short enough for a cell: 86, 3.8, <0.1, 0. */
function inPerCent(share) {
  if (share > 0 && share < 0.0005) return "<0.1";
  return (share * 100).toFixed(share && share < 0.0995 ? 1 : 0);
}

/** One cell in a sentence. */
function readCell(texts, classes, counts, { truth, label }) {
  const all = counts[truth].reduce((sum, pixels) => sum + pixels, 0);
  const pixels = counts[truth][label];
  const share = all ? percent(pixels / all) : "—";
  return filled(texts.cell, { actual: classes[truth], label: classes[label], pixels: pixels.toLocaleString(), share });
}
