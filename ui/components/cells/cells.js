/* Linked grids of cells. Everything is redrawn when Python sends new data; pointer, focus and stroke stay in the browser.
 */
"use strict";

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

class Cells {
  constructor(root) {
    this.host = root.querySelector("[data-part=cells]");
    this.finished = new AbortController();
    const { signal } = this.finished;
    const on = (kind, act) => this.host.addEventListener(kind, act, { signal });
    on("pointerover", (event) => this.light(this.at(event)));
    on("pointerleave", () => this.light(null));
    on("focusin", (event) => this.light(event.target.closest(".cell")));
    on("focusout", () => this.light(null));
    on("keydown", (event) => this.move(event));
    on("click", (event) => event.detail === 0 && this.press(event.target.closest("button.cell"))); // by keyboard
    on("pointerdown", (event) => this.begin(event));
    on("pointermove", (event) => this.extend(event));
    on("pointerup", (event) => this.end(event));
    on("pointercancel", () => this.clear());
  }

  update(data, send) {
    Object.assign(this, { data, send, stroke: null });
    const focused = this.host.getRootNode().activeElement?.dataset?.place;
    this.byPlace = new Map();
    this.host.replaceChildren(...data.grids.map((grid) => this.draw(grid)));
    this.light(null);
    if (focused) this.byPlace.get(focused)?.focus();
  }

  // ---- drawing -------------------------------------------------------------------------------------------------

  draw(grid) {
    const figure = document.createElement("figure");
    const title = Object.assign(document.createElement("figcaption"), { textContent: grid.title });
    const table = document.createElement("table");
    if (grid.press === "paint") table.classList.add("paint");
    table.setAttribute("aria-label", grid.title);
    const columns = grid.rows[0].length + (grid.row_titles.length ? 1 : 0);
    table.style.setProperty("--size", `min(${grid.size_px}px, calc((100cqw - ${8 * columns}px) / ${columns + 1}), calc(var(--tall) / ${grid.rows.length}))`);
    if (grid.col_titles.length) {
      const blank = grid.row_titles.length ? [document.createElement("td")] : [];
      table.append(this.row([...blank, ...grid.col_titles.map((text) => this.heading(text, "col"))]));
    }
    grid.rows.forEach((cells, row) => {
      const first = grid.row_titles.length ? [this.heading(grid.row_titles[row], "row")] : [];
      table.append(this.row([...first, ...cells.map((cell, col) => this.cell(grid, cell, row, col))]));
    });
    figure.append(title, table);
    return figure;
  }

  row(children) {
    const row = document.createElement("tr");
    row.append(...children);
    return row;
  }

  heading(text, scope) {
    return Object.assign(document.createElement("th"), { textContent: text, scope });
  }

  cell(grid, [text, colour, small, mark, label], row, col) {
    const place = `${grid.name}:${row},${col}`;
    const box = document.createElement(grid.press ? "button" : "div");
    box.className = `cell ${mark}`;
    box.dataset.place = place;
    if (grid.press) Object.assign(box, { type: "button", tabIndex: row === 0 && col === 0 ? 0 : -1 });
    if (colour) {
      box.style.setProperty("--colour", colour);
      box.style.setProperty("--on", readable(colour));
    }
    box.append(text);
    if (small) box.append(Object.assign(document.createElement("small"), { textContent: small }));
    if (label) box.setAttribute("aria-label", label);
    if (label && !grid.press) box.setAttribute("role", "img");
    this.byPlace.set(place, box);
    const td = document.createElement("td");
    td.append(box);
    return td;
  }

  light(cell) {
    const place = cell?.dataset.place in this.data.links ? cell.dataset.place : this.data.chosen;
    for (const box of this.byPlace.values()) box.classList.remove("lit", "chosen");
    if (!place) return;
    this.byPlace.get(place)?.classList.add("chosen");
    for (const other of this.data.links[place] ?? []) this.byPlace.get(other)?.classList.add("lit");
  }

  // ---- pressing and painting -------------------------------------------------------------------------------------

  at(event) {
    return event.target.closest?.(".cell") ?? null;
  }

  gridOf(cell) {
    return this.data.grids.find((grid) => grid.name === cell.dataset.place.split(":")[0]);
  }

  press(cell) {
    if (cell) this.report(cell.dataset.place.split(":")[0], [cell]);
  }

  report(grid, cells) {
    this.send("cells", { grid, cells: cells.map((cell) => cell.dataset.place.split(":")[1].split(",").map(Number)) });
  }

  begin(event) {
    const cell = this.at(event);
    if (event.button !== 0 || cell?.tagName !== "BUTTON") return;
    cell.releasePointerCapture?.(event.pointerId); // touch captures by itself and would report one cell only
    this.stroke = { grid: this.gridOf(cell), cells: [cell] };
    cell.classList.add("stroke");
  }

  extend(event) {
    if (this.stroke?.grid.press !== "paint") return;
    const cell = this.host.getRootNode().elementFromPoint(event.clientX, event.clientY)?.closest(".cell");
    if (!cell || this.gridOf(cell) !== this.stroke.grid || this.stroke.cells.includes(cell)) return;
    this.stroke.cells.push(cell);
    cell.classList.add("stroke");
  }

  end(event) {
    const stroke = this.stroke;
    const here = this.at(event);
    this.clear();
    if (!stroke) return;
    if (stroke.grid.press === "paint") this.report(stroke.grid.name, stroke.cells);
    else if (here === stroke.cells[0]) this.press(here);
  }

  clear() {
    for (const cell of this.stroke?.cells ?? []) cell.classList.remove("stroke");
    this.stroke = null;
  }

  move(event) {
    const step = MOVES[event.key];
    const place = event.target.dataset?.place;
    if (!step || !place) return;
    const [grid, row, col] = place.split(/[:,]/);
    const next = this.byPlace.get(`${grid}:${Number(row) + step[0]},${Number(col) + step[1]}`);
    if (!next) return;
    event.preventDefault();
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
}

/** Black or white, whichever reads better on a colour (relative luminance of WCAG, roughly). */
function readable(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#10181a" : "#ffffff";
}

const made = new WeakMap(); // Streamlit's element → its Cells

export default function ({ data, parentElement, setTriggerValue }) {
  const cells = made.get(parentElement) ?? new Cells(parentElement);
  made.set(parentElement, cells);
  cells.update(data, setTriggerValue);
  return () => {
    cells.finished.abort();
    made.delete(parentElement);
  };
}
