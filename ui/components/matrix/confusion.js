/* A confusion matrix as a table of buttons: rows ground truth, columns predictions.
 *
 * Blue on the diagonal is correct, orange elsewhere is wrong. Arrow keys move the focus. The table is built once for its
 * classes and only updated afterwards, so that the focus stays where it is.
 */
"use strict";

const MANY_CLASSES = 10; // above this, column names stand upright or are left out
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

class ConfusionMatrix {
  /** `point` gets the place {truth, label} under the pointer or the focus, or null; `press` the pressed one. */
  constructor(table, signal, { point, press }) {
    Object.assign(this, { table, ids: [], cells: [] });
    const placeOf = (event) => event.target.closest?.(".cell")?.place ?? null;
    const on = (type, react) => table.addEventListener(type, react, { signal });
    on("pointerover", (event) => point(placeOf(event)));
    on("pointerleave", () => point(null));
    on("focusin", (event) => point(placeOf(event)));
    on("focusout", () => point(null));
    on("click", (event) => placeOf(event) && press(placeOf(event)));
    on("keydown", (event) => this.key(event, placeOf(event)));
  }

  key(event, place) {
    const arrow = ARROWS[event.key];
    if (!place || !arrow) return;
    event.preventDefault();
    event.stopPropagation(); // the arrows must not change the epoch of the scrubber
    const last = this.ids.length - 1;
    const [row, column] = [place.truth, place.label].map((id, axis) => clamp(this.ids.indexOf(id) + arrow[axis], 0, last));
    this.cells[row][column].focus();
  }

  /** The button of two class ids, unless one of them is not in the table. */
  cellOf({ truth, label }) {
    return this.cells[this.ids.indexOf(truth)]?.[this.ids.indexOf(label)];
  }

  /** `names` and `colours` belong to `ids`; `caption` is for screen readers. */
  build({ ids, names, colours, caption = "" }) {
    const shape = JSON.stringify([ids, names, colours, caption]);
    if (this.shape === shape) return;
    Object.assign(this, { shape, ids });
    this.table.classList.toggle("many", ids.length > MANY_CLASSES);
    const heading = (at, scope) => {
      const dot = element("i", { style: `background: rgb(${(colours[at] ?? [128, 128, 128]).join(" ")})` });
      return element("th", { scope, title: names[at] }, dot, element("span", { text: names[at] }));
    };
    this.cells = ids.map((truth) => ids.map((label) => this.cell(truth, label)));
    const head = element("thead", {}, element("tr", {}, element("td"), ...ids.map((_, at) => heading(at, "col"))));
    const rows = this.cells.map((row, at) => element("tr", {}, heading(at, "row"), ...row.map((cell) => element("td", {}, cell))));
    this.table.replaceChildren(element("caption", { text: caption }), head, element("tbody", {}, ...rows));
  }

  cell(truth, label) {
    const kind = truth === label ? "right" : "wrong";
    const made = element("button", { type: "button", class: `cell ${kind}`, tabindex: "-1", "aria-pressed": "false", "data-truth": truth, "data-label": label });
    return Object.assign(made, { place: { truth, label } });
  }

  /** `shares` and `texts` are rows of cells; `labels`, if any, are read by screen readers instead of the texts. */
  write({ shares, texts, labels, chosen }) {
    this.cells.forEach((row, truth) =>
      row.forEach((cell, label) => {
        const share = shares[truth][label];
        cell.style.setProperty("--share", Math.sqrt(share).toFixed(3)); // makes small shares visible
        cell.classList.toggle("strong", share > 0.45);
        cell.textContent = texts[truth][label];
        cell.ariaLabel = labels?.[truth][label] ?? null;
        cell.ariaPressed = "false";
        cell.tabIndex = -1;
      }),
    );
    const pressed = chosen && this.cellOf(chosen);
    if (pressed) pressed.ariaPressed = "true";
    const first = pressed ?? this.cells[0]?.[0];
    if (first) first.tabIndex = 0;
  }
}
