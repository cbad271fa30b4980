/* PNG → the exact bytes that stand in it.
 *
 * A canvas is no safe reader for class ids: it may apply a colour profile, it hands out a palette image as colours
 * instead of indices, and browsers that protect against fingerprinting (Brave; Firefox on request) change what
 * getImageData returns. So the file is read as the PNG specification (W3C, third edition) describes it:
 * chunks → inflate → undo the line filters → unpack. Bit depths 1 … 8; neither interlaced nor 16 bit.
 */
"use strict";

const PNG_SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const PNG_CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }; // colour type → samples a pixel

/** ArrayBuffer of a PNG file → {width, height, channels, data: Uint8Array of height * width * channels}. */
async function decodePng(buffer) {
  const { header, packed } = readChunks(new Uint8Array(buffer));
  const channels = PNG_CHANNELS[header.colourType];
  if (!channels || header.depth > 8 || header.interlaced) throw new Error("a kind of PNG the viewer does not read");
  const bitsPerPixel = channels * header.depth;
  const rowBytes = Math.ceil((header.width * bitsPerPixel) / 8);
  const lines = await inflate(packed);
  if (lines.length < (rowBytes + 1) * header.height) throw new Error("the PNG is cut short");
  const rows = unfilter(lines, header.height, rowBytes, Math.max(1, bitsPerPixel >> 3));
  const data = header.depth === 8 ? rows : unpackBits(rows, header, rowBytes);
  return { width: header.width, height: header.height, channels, data };
}

function readChunks(bytes) {
  if (PNG_SIGNATURE.some((byte, i) => bytes[i] !== byte)) throw new Error("not a PNG");
  const words = new DataView(bytes.buffer);
  const packed = [];
  let header = null;
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = words.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") {
      header = {
        width: words.getUint32(at + 8),
        height: words.getUint32(at + 12),
        depth: body[8],
        colourType: body[9],
        interlaced: body[12] !== 0,
      };
    } else if (type === "IDAT") packed.push(body);
    else if (type === "IEND") break;
    at += 12 + length;
  }
  if (!header) throw new Error("a PNG without a header");
  return { header, packed };
}

async function inflate(parts) {
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Each line starts with the number of its filter: none, sub, up, average, Paeth (PNG specification, section 9). */
function unfilter(lines, height, rowBytes, step) {
  const out = new Uint8Array(height * rowBytes);
  for (let y = 0; y < height; y++) {
    const filter = lines[y * (rowBytes + 1)];
    const from = y * (rowBytes + 1) + 1;
    const to = y * rowBytes;
    const above = to - rowBytes; // negative in the first line, where everything above counts as 0
    if (filter === 0 || (filter === 2 && y === 0)) {
      out.set(lines.subarray(from, from + rowBytes), to);
      continue;
    }
    for (let i = 0; i < rowBytes; i++) {
      const left = i >= step ? out[to + i - step] : 0;
      const up = y ? out[above + i] : 0;
      let guess = up;
      if (filter === 1) guess = left;
      else if (filter === 3) guess = (left + up) >> 1;
      else if (filter === 4) guess = paeth(left, up, y && i >= step ? out[above + i - step] : 0);
      out[to + i] = lines[from + i] + guess;
    }
  }
  return out;
}

function paeth(left, up, corner) {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** Palette and grey images of few values hold several pixels in one byte, the first in the highest bits. */
function unpackBits(rows, { width, height, depth }, rowBytes) {
  const out = new Uint8Array(width * height);
  const mask = (1 << depth) - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      out[y * width + x] = (rows[y * rowBytes + (bit >> 3)] >> (8 - depth - (bit & 7))) & mask;
    }
  }
  return out;
}

/** One channel of a decoded PNG as an array of its own, (height * width) bytes. */
function plane({ data, channels }, channel) {
  if (channels === 1) return data;
  const out = new Uint8Array(data.length / channels);
  for (let i = 0, at = channel; i < out.length; i++, at += channels) out[i] = data[at];
  return out;
}
