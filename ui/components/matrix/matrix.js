/* A table of counts, rows the truth, columns the labels; every cell is a button that says which one was pressed.
 *
 * The table is built once for its numbers and only marked afterwards: a rerun must not take the focus away from
 * somebody who goes through it with the arrow keys.
 */
"use strict";

const MANY = 10; // classes, from which names stand upright
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

class Matrix {
  constructor(root) {
    this.ui = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    this.ended = new AbortController();
    const on = (type, react) => this.ui.body.addEventListener(type, react, { signal: this.ended.signal });
    on("click", (event) => this.press(event.target.closest("button")));
    on("keydown", (event) => this.key(event));
    on("pointerover", (event) => this.read(event.target.closest("button")));
    on("focusin", (event) => this.read(event.target.closest("button")));
  }

  end() {
    this.ended.abort();
  }

  update(data, tell) {
    Object.assign(this, { data, tell });
    const { chosen, ...shape } = data;
    if (this.shape !== JSON.stringify(shape)) {
      this.shape = JSON.stringify(shape);
      this.build();
    }
    const pressed = this.cells.flat().filter((cell) => cell.ariaPressed === "true");
    for (const cell of pressed) cell.ariaPressed = "false";
    const there = this.cellOf(chosen);
    if (there) there.ariaPressed = "true";
    for (const cell of this.cells.flat()) cell.tabIndex = -1;
    const first = there ?? this.cells[0]?.[0];
    if (first) first.tabIndex = 0;
  }

  /** The cell of two class ids, unless one of them is not in the table. */
  cellOf([truth, label]) {
    const { ids } = this.data;
    return this.cells[ids.indexOf(truth)]?.[ids.indexOf(label)];
  }

  build() {
    const { names, colours, cells, titles } = this.data;
    this.ui.table.classList.toggle("many", names.length > MANY);
    this.ui.caption.textContent = titles.caption;
    const corner = element("td");
    const head = names.map((name, at) => this.heading(name, colours[at], "col"));
    this.ui.head.replaceChildren(element("tr", {}, corner, ...head));
    this.cells = cells.map((row, truth) => row.map((cell, label) => this.cell(cell, truth, label)));
    const rows = this.cells.map((row, at) =>
      element("tr", {}, this.heading(names[at], colours[at], "row"), ...row.map((cell) => element("td", {}, cell))),
    );
    this.ui.body.replaceChildren(...rows);
    this.ui.reading.textContent = "";
  }

  heading(name, colour, scope) {
    const dot = element("i", { style: `background: rgb(${colour.join(" ")})` });
    return element("th", { scope, title: name }, dot, element("span", { text: name }));
  }

  cell({ share, text, says }, truth, label) {
    const kind = truth === label ? "right" : "wrong";
    const made = element("button", { type: "button", class: kind, text, "aria-label": says, "aria-pressed": "false" });
    made.style.setProperty("--share", Math.sqrt(share).toFixed(3)); // small shares are what one looks for
    made.classList.toggle("strong", share > 0.45);
    return Object.assign(made, { place: [truth, label] });
  }

  press(cell) {
    if (!cell) return;
    const [truth, label] = cell.place.map((at) => this.data.ids[at]);
    this.tell("cell", { truth, label });
  }

  key(event) {
    const move = MOVES[event.key];
    const cell = event.target.closest("button");
    if (!move || !cell) return;
    event.preventDefault();
    const last = this.cells.length - 1;
    const [row, column] = cell.place.map((at, axis) => clamp(at + move[axis], 0, last));
    this.cells[row][column].focus();
  }

  read(cell) {
    if (cell) this.ui.reading.textContent = cell.ariaLabel;
  }
}

const matrices = new WeakMap(); // the element that Streamlit gives us → its Matrix

export default function ({ data, parentElement, setTriggerValue }) {
  const matrix = matrices.get(parentElement) ?? new Matrix(parentElement);
  matrices.set(parentElement, matrix);
  matrix.update(data, setTriggerValue);
  return () => {
    matrix.end();
    matrices.delete(parentElement);
  };
}
