/* What is drawn over a photo: views of the labels as the sheets of paint.js. */
"use strict";

const MODES = ["prediction", "truth", "errors", "flips", "confidence"];
const VEIL = rgba([14, 20, 26], 0.66);

/**
 * How a view is painted: {table, inks, contour, over}; `over` names the bytes that the table reads as labels and as the
 * other ones. Made once for all samples: the table has 65,536 entries.
 *
 * @param look {mode, one, opacity, contour, cell, colours, background}
 */
function styleOf({ mode, one, opacity, contour: contourOnly, cell, colours, background }) {
  const [right, wrong, lost] = verdictColours(colours); // lost: of one class, a false negative
  if (cell) return { ...cellStyle(cell, cell.truth === cell.label ? right : wrong), contour: false, over: ["labels", "truth"] };
  if (mode === "prediction" || mode === "truth") {
    const table = byClass((id) => (one === null ? id !== background : id === one));
    return { table, inks: mixInks(colours, opacity, { contourOnly }), contour: true, over: [mode === "truth" ? "truth" : "labels"] };
  }
  if (mode === "errors") {
    const inks = mixInks([right, wrong, lost], opacity, { contourOnly, patternOf: (ink) => (ink === 2 ? HATCH : 0) });
    return { table: byVerdict(one), inks, contour: contourOnly, over: ["labels", "truth"] };
  }
  if (mode === "flips") {
    const flips = [right, right, lost, wrong]; // kept (never drawn), gained, lost, still wrong
    const inks = mixInks(flips, opacity, { contourOnly, patternOf: (ink) => (ink === LOST ? HATCH : 0) });
    return { table: byClass((flip) => flip !== KEPT_RIGHT), inks, contour: contourOnly, over: ["flips"] };
  }
  const table = byLevel((id) => one === null || id === one);
  return { table, inks: mixInks(ramp(CIVIDIS, LEVELS), opacity), contour: false, over: ["labels", "confidence"] };
}

/** The pixels of one cell of the table of counts stand out, everything else lies under a veil. */
function cellStyle(cell, colour) {
  const inks = mixInks([colour, [0, 0, 0]], 0.92);
  inks.fill[1] = VEIL;
  return { table: inkTable((label, truth) => (label === cell.label && truth === cell.truth ? 0 : 1)), inks };
}

/** The sheet of a sample (see paint.js); null while bytes that it needs are not here. */
function sheetOf(layers, { over, ...style }, { width, height }) {
  const [labels, other] = over.map((name) => layers[name]);
  if (over.some((name) => !layers[name])) return null;
  return { width, height, labels, other, confidence: null, below: 0, ...style };
}
