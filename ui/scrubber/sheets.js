/* What is drawn over a photo: views of the labels as the sheets of paint.js. */
"use strict";

const MODES = ["prediction", "truth", "errors", "flips", "confidence"];
const FLIP_COLOURS = [RIGHT, RIGHT, FALSE_NEGATIVE, FALSE_POSITIVE]; // kept (never drawn), gained, lost, still wrong
const VEIL = rgba([14, 20, 26], 0.66);

/**
 * The sheet of one view; null while something it needs is not here.
 *
 * @param layers {labels, confidence, truth, flips}: bytes of the photo's pixels, null where not here
 * @param look {mode, one, opacity, contour, cell, colours, background, width, height}
 */
function sheetOf(layers, look) {
  const { mode, one, opacity, contour: contourOnly, cell, colours, width, height } = look;
  const { labels, truth, confidence, flips } = layers;
  const sheet = { width, height, labels, other: truth, confidence: null, below: 0, contour: contourOnly };
  if (!labels && mode !== "truth") return null;
  if (cell) return truth && labels ? { ...sheet, ...cellInks(cell), contour: false } : null;
  if (mode === "prediction" || mode === "truth") {
    const shown = (id) => (one === null ? id !== look.background : id === one);
    const drawn = { ...sheet, table: byClass(shown), inks: mixInks(colours, opacity, { contourOnly }), contour: true };
    return mode === "prediction" ? drawn : truth && { ...drawn, labels: truth };
  }
  if (mode === "errors") {
    const patternOf = (ink) => (ink === 2 ? HATCH : 0);
    const inks = mixInks([RIGHT, FALSE_POSITIVE, FALSE_NEGATIVE], opacity, { contourOnly, patternOf });
    return truth && { ...sheet, table: byVerdict(one), inks };
  }
  if (mode === "flips") {
    const patternOf = (ink) => (ink === LOST ? HATCH : 0);
    const inks = mixInks(FLIP_COLOURS, opacity, { contourOnly, patternOf });
    return flips && { ...sheet, labels: flips, table: byClass((flip) => flip !== KEPT_RIGHT), inks };
  }
  const table = byLevel((id) => one === null || id === one);
  return confidence && { ...sheet, other: confidence, table, inks: mixInks(ramp(CIVIDIS, LEVELS), opacity), contour: false };
}

/** The pixels of one cell of the table of counts stand out, everything else lies under a veil. */
function cellInks(cell) {
  const inks = mixInks([cell.truth === cell.label ? RIGHT : FALSE_POSITIVE, [0, 0, 0]], 0.92);
  inks.fill[1] = VEIL;
  return { table: inkTable((label, truth) => (label === cell.label && truth === cell.truth ? 0 : 1)), inks };
}
