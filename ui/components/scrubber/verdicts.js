/* What became of pixels: pure functions on bytes, one a pixel.
 *
 * `one` is a class id, or null for all classes. A pixel is right when its label is the true class; for one class, when
 * "is it this class?" is answered rightly. IGNORED pixels of the ground truth are never counted.
 */
"use strict";

const KEPT_RIGHT = 0;
const GAINED = 1;
const LOST = 2;
const STILL_WRONG = 3;

const isRight = (label, truth, one) => (one === null ? label === truth : (label === one) === (truth === one));

/** What became of each pixel between two epochs: {flips: Uint8Array of the four above or IGNORED, counts: of each}. */
function flipsOf(now, before, truth, one) {
  const flips = new Uint8Array(truth.length);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === IGNORED) {
      flips[i] = IGNORED;
      continue;
    }
    const is = isRight(now[i], truth[i], one);
    const was = isRight(before[i], truth[i], one);
    const flip = is ? (was ? KEPT_RIGHT : GAINED) : was ? LOST : STILL_WRONG;
    flips[i] = flip;
    counts[flip]++;
  }
  return { flips, counts };
}

/** Pixels found, wrongly found and missed of one class; of all classes together: right, wrong and 0. */
function outcomesOf(labels, truth, one) {
  const sums = { tp: 0, fp: 0, fn: 0, counted: 0 };
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === IGNORED) continue;
    sums.counted++;
    if (one === null) sums[labels[i] === truth[i] ? "tp" : "fp"]++;
    else if (labels[i] === one) sums[truth[i] === one ? "tp" : "fp"]++;
    else if (truth[i] === one) sums.fn++;
  }
  return sums;
}

/** Pixels that truly are of one class and were labelled as another. */
function pixelsOfCell(labels, truth, cell) {
  let pixels = 0;
  for (let i = 0; i < truth.length; i++) pixels += truth[i] === cell.truth && labels[i] === cell.label;
  return pixels;
}

/** Several results of `outcomesOf` or several counts, added up. */
function added(results) {
  const sum = { ...results[0] };
  for (const result of results.slice(1)) for (const key of Object.keys(sum)) sum[key] += result[key];
  return sum;
}
