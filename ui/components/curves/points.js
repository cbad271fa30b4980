/* The points of a run: answers of the route are joined to lines, and lines are laid on an axis or smoothed.
 *
 * A point is [optimiser step, Unix seconds, value]; the value is null where there was no number. `facts` of a run are
 * {stepsPerEpoch, began}: what it takes to lay a step on another axis.
 */
"use strict";

const ENOUGH = 3000; // points of one line, after which everything is fetched again, thinned

/** The lines by name, after an answer was added. Answers that begin at 0 replace what was there. */
function joined(lines, answer) {
  if (answer.since === 0) return answer.lines;
  const all = { ...lines };
  for (const [name, points] of Object.entries(answer.lines)) all[name] = [...(all[name] ?? []), ...points];
  return all;
}

/** Whether a line has grown so long that the server should thin it. */
function tooLong(lines) {
  return Object.values(lines).some((points) => points.length > ENOUGH);
}

/** The place of a point on the axis: step, epochs that were seen, or minutes since the beginning. */
function placeOf([step, time], axis, { stepsPerEpoch, began }) {
  if (axis === "epoch" && stepsPerEpoch) return step / stepsPerEpoch;
  if (axis === "time" && began) return (time - began) / 60;
  return step;
}

/** The points of the last `epochs` epochs of a line; all where 0. */
function newest(points, epochs, { stepsPerEpoch }, lastStep) {
  if (!epochs || !stepsPerEpoch) return points;
  const from = lastStep - epochs * stepsPerEpoch;
  return points.filter(([step]) => step >= from);
}

/** The index of the place that lies nearest to `x`; places ascend. -1 where there is none. */
function nearest(places, x) {
  if (!places.length) return -1;
  let [low, high] = [0, places.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (places[middle] <= x) low = middle;
    else high = middle;
  }
  return Math.abs(places[low] - x) <= Math.abs(places[high] - x) ? low : high;
}

/** A running mean in which a value's weight falls by the factor `memory` with every newer one; gaps stay gaps. */
function smoothed(values, memory) {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = memory * sum + (1 - memory) * value;
    weight = memory * weight + (1 - memory);
    return sum / weight;
  });
}

/** Whether a gap in this line means NaN. A class that does not occur has no IoU, and a meter may be silent. */
function gapIsNaN(name) {
  return !name.startsWith("iou.") && !name.startsWith("meter.");
}

/** A number for people: fixed decimals, or three digits for small and large numbers. */
function digits(value, decimals) {
  if (value === null || value === undefined) return "—";
  if (decimals !== undefined) return value.toFixed(decimals);
  const size = Math.abs(value);
  return size !== 0 && (size < 0.01 || size >= 1000) ? value.toExponential(2) : value.toFixed(3);
}
