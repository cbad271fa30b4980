/* The images behind the viewer: how each is read, and the pixel counts in them.
 *
 *   image        the photo, an ImageBitmap
 *   maps         {labels, confidence, runnerUp}: one byte a pixel each
 *   second       the same of another prediction
 *   uncertainty  one byte a pixel, 0 (sure) … 255
 *   truth        class ids, 255 where nothing is counted
 */
"use strict";

const READERS = {
  image: async (response) => createImageBitmap(await response.blob()),
  maps: readMaps,
  second: readMaps,
  uncertainty: async (response, size) => plane(await readPng(response, size), 0),
  truth: async (response, size) => plane(await readPng(response, size), 0),
};

async function readMaps(response, size) {
  const png = await readPng(response, size);
  if (png.channels < 3) throw new Error("not a colour PNG");
  return { labels: plane(png, 0), confidence: plane(png, 1), runnerUp: plane(png, 2) };
}

async function readPng(response, { width, height }) {
  const png = await decodePng(await response.arrayBuffer());
  if (png.width !== width || png.height !== height) {
    throw new Error(`${png.width} × ${png.height} ≠ ${width} × ${height}`);
  }
  return png;
}

async function fetchLayer(name, address, size) {
  const response = await fetch(address, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return READERS[name](response, size);
}

/** Pixels of each class (256 counts), and of each pair (class << 8 | true class) if there is ground truth. */
function tally({ maps, truth }) {
  const areas = new Uint32Array(256);
  const joint = maps && truth ? new Uint32Array(65536) : null;
  if (!maps) return { areas, joint };
  const { labels } = maps;
  for (let i = 0; i < labels.length; i++) areas[labels[i]]++;
  if (joint) for (let i = 0; i < labels.length; i++) joint[(labels[i] << 8) | truth[i]]++;
  return { areas, joint };
}

/** Whether the ground truth contains this class. */
function isInTruth(joint, id) {
  for (let label = 0; joint && label < 256; label++) if (joint[(label << 8) | id]) return true;
  return false;
}

/** Pixels found, wrongly found and missed of one class; of all classes together: right, wrong and 0. */
function verdict(joint, one) {
  const sums = { tp: 0, fp: 0, fn: 0, counted: 0 };
  joint.forEach((pixels, pair) => {
    const [label, truth] = [pair >> 8, pair & 255];
    if (!pixels || truth === IGNORED) return;
    sums.counted += pixels;
    if (one === null) sums[label === truth ? "tp" : "fp"] += pixels;
    else if (label === one) sums[truth === one ? "tp" : "fp"] += pixels;
    else if (truth === one) sums.fn += pixels;
  });
  return sums;
}
