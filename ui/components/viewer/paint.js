/* Bytes → coloured pixels.
 *
 * Only what is on the screen is computed: for every pixel of the canvas the nearest pixel of the photo, so that a
 * photo of 30 megapixels costs no more than a small one, and lines, hatches and patterns keep their size at any zoom.
 *
 * Every view of the mask is the same three steps on a "sheet":
 *   1. two bytes of the photo's pixel (its class, and another one: confidence, uncertainty or the true class)
 *      → an ink number, by one table of 65,536 entries; NO_INK where nothing is drawn
 *   2. where ink numbers of neighbours differ there is a contour
 *   3. ink number → colour, with a pattern or a hatch
 */
"use strict";

const IGNORED = 255; // in ground truth: not counted
const NO_INK = 255;
const LEVELS = 254; // inks of a continuous map: 0 … 253

const RIGHT = [0, 114, 178]; // blue, orange, magenta: apart for every kind of colour vision
const FALSE_POSITIVE = [230, 159, 0];
const FALSE_NEGATIVE = [214, 0, 147];

/* Each verdict's own colour, then others: no verdict may look like a class of the mask. */
const VERDICTS = [
  [RIGHT, [0, 92, 62], [96, 60, 170], [20, 130, 20]],
  [FALSE_POSITIVE, [220, 38, 30], [255, 110, 60], [150, 60, 0]],
  [FALSE_NEGATIVE, [120, 0, 160], [255, 90, 190], [250, 250, 250]],
];
const UNLIKE = 70; // distance in RGB from which two colours are told apart at a glance
const APART = 45; // the same for two verdicts, to people who lack red, green or blue cones as well

/* Linear RGB → what people without red, green or blue cones see. G. Machado, M. Oliveira and L. Fernandes, "A
   Physiologically-based Model for Simulation of Color Vision Deficiency", 2009, severity 1. */
const DEFICIENCIES = [
  [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
];

/* Both run from dark to light in even steps. Viridis: S. van der Walt and N. Smith, 2015; cividis: Nuñez, Anderton and
   Renslow, 2018, "Optimizing colormaps with consideration for color vision deficiency". Ten support points each. */
const VIRIDIS = ["440154", "482878", "3e4989", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725"];
const CIVIDIS = ["00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74", "c3b369", "e1cc55", "fee838"];

/* Eight textures on a cell of 8 x 8 pixels of the page: is (x, y) marked? The first leaves the colour plain. */
const PATTERNS = [
  () => false,
  (x, y) => ((x + y) & 7) < 2,
  (x, y) => ((x - y) & 7) < 2,
  (x, y) => (x & 3) === 1 && (y & 3) === 1,
  (x, y) => (y & 7) < 2,
  (x, y) => (x & 7) < 2,
  (x, y) => ((x + y) & 7) < 1 || ((x - y) & 7) < 1,
  (x, y) => (((x >> 2) + (y >> 2)) & 1) === 0,
];
const HATCH = 1;
const MARKS = PATTERNS.map((marked) => Uint8Array.from({ length: 64 }, (_, i) => (marked(i & 7, i >> 3) ? 1 : 0)));

const cssColour = ([r, g, b]) => `rgb(${r} ${g} ${b})`;
const rgba = ([r, g, b], alpha) => ((Math.round(alpha * 255) << 24) | (b << 16) | (g << 8) | r) >>> 0;
const luminance = ([r, g, b]) => (0.299 * r + 0.587 * g + 0.114 * b) / 255;
const markColour = (rgb) => (luminance(rgb) > 0.45 ? [20, 20, 20] : [255, 255, 255]);

const distance = (one, other) => Math.hypot(...one.map((value, i) => value - other[i]));

const toLinear = (value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const fromLinear = (value) => 255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);

/** A colour as it is, and as people with each kind of colour vision deficiency see it. */
function sights(rgb) {
  const light = rgb.map(toLinear);
  const dot = (row) => Math.min(1, Math.max(0, row.reduce((sum, weight, i) => sum + weight * light[i], 0)));
  return [rgb, ...DEFICIENCIES.map((matrix) => matrix.map((row) => fromLinear(dot(row))))];
}

/** The least distance of two colours, over all kinds of colour vision. */
function leastDistance(one, other) {
  const others = sights(other);
  return Math.min(...sights(one).map((sight, i) => distance(sight, others[i])));
}

/** The colours of right, false positive and false negative for a mask with these classes. */
function verdictColours(classes) {
  const chosen = [];
  for (const candidates of VERDICTS) {
    // 1 and more: unlike every class and every other verdict
    const gap = (rgb) =>
      Math.min(
        ...classes.map((other) => distance(rgb, other) / UNLIKE),
        ...chosen.map((other) => leastDistance(rgb, other) / APART),
      );
    const widest = candidates.reduce((best, rgb) => (gap(rgb) > gap(best) ? rgb : best));
    chosen.push(candidates.find((rgb) => gap(rgb) >= 1) ?? widest);
  }
  return chosen;
}

/** `size` colours along a scale of hexadecimal support points. */
function ramp(points, size) {
  const rgb = points.map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return Array.from({ length: size }, (_, i) => {
    const at = (i / (size - 1)) * (rgb.length - 1);
    const k = Math.min(Math.floor(at), rgb.length - 2);
    return rgb[k].map((from, c) => Math.round(from + (rgb[k + 1][c] - from) * (at - k)));
  });
}

/** (class, other byte) → ink number, as one table. */
function inkTable(inkOf) {
  return Uint8Array.from({ length: 65536 }, (_, i) => inkOf(i >> 8, i & 255));
}

const byClass = (shown) => inkTable((label) => (label !== IGNORED && shown(label) ? label : NO_INK));
const byLevel = (shown) => inkTable((label, level) => (shown(label) ? Math.min(level, LEVELS - 1) : NO_INK));

/** Ink 0 right, 1 wrong; for one class: 0 true positive, 1 false positive, 2 false negative. */
function byVerdict(one) {
  return inkTable((label, truth) => {
    if (truth === IGNORED) return NO_INK;
    if (one === null) return label === truth ? 0 : 1;
    if (label === one) return truth === one ? 0 : 1;
    return truth === one ? 2 : NO_INK;
  });
}

/** Inks as three lists of 32-bit colours (area, its marks, its contour) and their patterns. */
function mixInks(colours, opacity, { contourOnly = false, patternOf = () => 0 } = {}) {
  const fill = contourOnly ? 0 : opacity;
  const strong = opacity === 0 ? 0 : contourOnly ? 1 : Math.min(1, opacity + 0.35);
  return {
    fill: Uint32Array.from(colours, (rgb) => rgba(rgb, fill)),
    faint: Uint32Array.from(colours, (rgb) => rgba(rgb, fill * 0.3)),
    mark: Uint32Array.from(colours, (rgb) => rgba(markColour(rgb), Math.min(fill, strong * 0.75))),
    line: Uint32Array.from(colours, (rgb) => rgba(rgb, strong)),
    casing: rgba([0, 0, 0], strong * 0.55),
    doubt: rgba([255, 255, 255], strong * 0.7),
    patterns: Uint8Array.from(colours, (_, i) => patternOf(i)),
  };
}

/** Make a paper (see paintSheet) as large as a canvas; it is kept from frame to frame. */
function fitPaper(paper, width, height, ratio) {
  paper.ratio = ratio;
  if (paper.width === width && paper.height === height) return;
  Object.assign(paper, { width, height });
  Object.assign(paper.canvas, { width, height });
  paper.pen = paper.canvas.getContext("2d");
  paper.image = paper.pen.createImageData(width, height);
  paper.pixels = new Uint32Array(paper.image.data.buffer);
  paper.inks = new Uint8Array(width * height);
}

/**
 * Paint one sheet on the columns xFrom … xTo of the canvas.
 *
 * @param paper {pixels: Uint32Array, inks: Uint8Array, width, height, ratio}: the canvas; ratio: its pixels a CSS one
 * @param view {scale, x, y}: canvas = photo * scale + (x, y)
 * @param sheet {labels, other, confidence, width, height, table, inks, contour: bool, below: 0 … 255}
 */
function paintSheet(paper, view, sheet, xFrom, xTo) {
  const first = (offset, least) => Math.max(least, Math.ceil(offset - 0.5));
  const last = (offset, size, most) => Math.min(most, Math.ceil(offset + size * view.scale - 0.5));
  const area = {
    x0: first(view.x, xFrom),
    x1: last(view.x, sheet.width, xTo),
    y0: first(view.y, 0),
    y1: last(view.y, sheet.height, paper.height),
  };
  if (area.x1 <= area.x0 || area.y1 <= area.y0) return;
  const columns = new Int32Array(paper.width);
  for (let x = area.x0; x < area.x1; x++) columns[x] = photoIndex(x, view.x, view.scale, sheet.width);
  const rowStart = (y) => photoIndex(y, view.y, view.scale, sheet.height) * sheet.width;
  sampleInks(paper, sheet, area, columns, rowStart);
  colourInks(paper, sheet, area, columns, rowStart);
}

const photoIndex = (at, offset, scale, size) =>
  Math.min(size - 1, Math.max(0, Math.floor((at + 0.5 - offset) / scale)));

function sampleInks({ inks, width }, { labels, other, table }, { x0, x1, y0, y1 }, columns, rowStart) {
  for (let y = y0; y < y1; y++) {
    const row = rowStart(y);
    for (let x = x0, at = y * width + x0; x < x1; x++, at++) {
      const i = row + columns[x];
      inks[at] = table[(labels[i] << 8) | (other ? other[i] : 0)];
    }
  }
}

function colourInks({ pixels, inks, width, ratio }, sheet, { x0, x1, y0, y1 }, columns, rowStart) {
  const { fill, faint, mark, line, casing, doubt, patterns } = sheet.inks;
  const { contour, below, confidence } = sheet;
  const reach = Math.max(1, Math.round(1.5 * ratio));
  const cell = Uint8Array.from({ length: Math.max(x1, y1) }, (_, i) => Math.floor(i / ratio) & 7);
  for (let y = y0; y < y1; y++) {
    const row = rowStart(y);
    const up = y - reach >= y0 ? reach * width : 0;
    const down = y + reach < y1 ? reach * width : 0;
    const cellRow = cell[y] << 3;
    for (let x = x0, at = y * width + x0; x < x1; x++, at++) {
      const ink = inks[at];
      if (contour) {
        const left = inks[x - reach >= x0 ? at - reach : at];
        const right = inks[x + reach < x1 ? at + reach : at];
        const above = inks[at - up];
        const under = inks[at + down];
        if (left !== ink || right !== ink || above !== ink || under !== ink) {
          pixels[at] = ink === NO_INK ? casing : line[ink];
          continue;
        }
      }
      if (ink === NO_INK) continue;
      const spot = cellRow | cell[x];
      if (below && confidence[row + columns[x]] < below) pixels[at] = MARKS[2][spot] ? doubt : faint[ink];
      else pixels[at] = MARKS[patterns[ink]][spot] ? mark[ink] : fill[ink];
    }
  }
}

/** The small square of a legend: a colour and its pattern, as the mask has it. */
function paintSwatch(canvas, rgb, pattern) {
  const ratio = 2;
  const size = (canvas.width = canvas.height = 20 * ratio);
  const image = new ImageData(size, size);
  const pixels = new Uint32Array(image.data.buffer);
  const mark = markColour(rgb);
  for (let i = 0; i < pixels.length; i++) {
    const x = Math.floor((i % size) / ratio) & 7;
    const y = Math.floor(Math.floor(i / size) / ratio) & 7;
    pixels[i] = rgba(MARKS[pattern][(y << 3) | x] ? mark : rgb, 1);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}
