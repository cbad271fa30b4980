/* The curves of a run in numbers: one row an epoch, the newest first. */
"use strict";

const OF_AREAS = ["val_loss", "miou", "mean_dice", "pixel_accuracy"];
const OF_PICTURES = ["val_loss", "accuracy"];

/** Texts are text nodes, whatever they contain. */
function writeTable({ head, rows }, texts, { points, facts }) {
  const scores = points.accuracy ? OF_PICTURES : OF_AREAS;
  const classes = points.accuracy ? [] : facts.classes;
  const columns = [...scores, ...classes.map((_, id) => `iou.${id}`)];
  const titles = [...scores.map((name) => texts[name]), ...classes];
  const cell = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
  head.replaceChildren(...[texts.axis_epoch, ...titles].map((text) => cell("th", text)));
  const made = (points.val_loss ?? []).map(([step], index) => {
    const row = document.createElement("tr");
    const epoch = facts.stepsPerEpoch ? Math.round(step / facts.stepsPerEpoch) : step;
    row.append(cell("td", `${epoch}`), ...columns.map((name) => cell("td", digits(points[name]?.[index]?.[2]))));
    return row;
  });
  rows.replaceChildren(...made.reverse());
}
