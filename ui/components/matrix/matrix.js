/* The confusion matrix of the Evaluate page: a press on a cell is returned to the script. */
"use strict";

class PressedMatrix {
  constructor(root) {
    const [table, reading] = ["table", "reading"].map((part) => root.querySelector(`[data-part="${part}"]`));
    this.ended = new AbortController();
    this.matrix = new ConfusionMatrix(table, this.ended.signal, {
      point: (place) => place && (reading.textContent = this.matrix.cellOf(place).ariaLabel),
      press: (place) => this.setTriggerValue("cell", place),
    });
  }

  update({ cells, chosen: [truth, label], ...shape }, setTriggerValue) {
    this.setTriggerValue = setTriggerValue;
    this.matrix.build(shape);
    const all = (name) => cells.map((row) => row.map((cell) => cell[name]));
    this.matrix.write({ shares: all("share"), texts: all("text"), labels: all("says"), chosen: { truth, label } });
  }
}

const matrices = new WeakMap(); // the element that Streamlit gives us → its PressedMatrix

export default function ({ data, parentElement, setTriggerValue }) {
  const matrix = matrices.get(parentElement) ?? new PressedMatrix(parentElement);
  matrices.set(parentElement, matrix);
  matrix.update(data, setTriggerValue);
  return () => {
    matrix.ended.abort();
    matrices.delete(parentElement);
  };
}
