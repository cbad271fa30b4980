/* The confusion matrix of an epoch. The cell under the pointer or the focus is read out and its pixels are highlighted on
 * the samples; pressing it keeps them highlighted.
 */
"use strict";

/** The matrix of a scrubber. */
function confusionOf(scrubber) {
  const { ui, ended } = scrubber;
  return new ConfusionMatrix(ui.matrix, ended.signal, {
    point: (place) => scrubber.preview(place),
    press: (place) => scrubber.pin(place),
  });
}

/** Update the matrix from counts; null while they are loading: then the earlier ones stay. */
function writeMatrix(matrix, { classes, colours }, counts, chosen) {
  matrix.build({ ids: classes.map((_, id) => id), names: classes, colours });
  matrix.table.setAttribute("aria-busy", !counts);
  if (!counts) return;
  const totals = counts.map((row) => row.reduce((sum, pixels) => sum + pixels, 0));
  const shares = counts.map((row, truth) => row.map((pixels) => (totals[truth] ? pixels / totals[truth] : 0)));
  const hidden = classes.length > MANY_CLASSES;
  const texts = shares.map((row, truth) => row.map((share) => (hidden ? "" : totals[truth] ? inPerCent(share) : "—")));
  matrix.write({ shares, texts, chosen });
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
