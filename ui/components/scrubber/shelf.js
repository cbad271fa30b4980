/* Images by their address: an LRU cache, loaded once and kept up to a limit. */
"use strict";

const MOST_BYTES = 192 * 2 ** 20;
const AGAIN_MS = 5000; // after a failure an address is left alone for so long

class Shelf {
  constructor(onArrival) {
    Object.assign(this, { onArrival, kept: new Map(), bytes: 0, failed: new Map() });
  }

  /** The bytes of a PNG of one channel, or null while they are on their way. */
  plane(address) {
    return this.look(address, async (answer) => {
      const png = await decodePng(await answer.arrayBuffer());
      return { pixels: plane(png, 0), width: png.width, height: png.height, size: png.width * png.height };
    });
  }

  /** A photo, or null while it is on its way. */
  photo(address) {
    return this.look(address, async (answer) => {
      const bitmap = await createImageBitmap(await answer.blob());
      return { bitmap, size: 4 * bitmap.width * bitmap.height };
    });
  }

  look(address, read) {
    if (!address) return null;
    const found = this.kept.get(address);
    if (found) {
      this.kept.delete(address); // and put at the end: it was used just now
      this.kept.set(address, found);
      return found.content;
    }
    if (this.hasFailed(address)) return null;
    const entry = { content: null };
    this.kept.set(address, entry);
    this.load(address, entry, read);
    return null;
  }

  /** Whether an address did not answer just now. */
  hasFailed(address) {
    return Date.now() - (this.failed.get(address) ?? -Infinity) < AGAIN_MS;
  }

  async load(address, entry, read) {
    try {
      const answer = await fetch(address, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      entry.content = await read(answer);
      this.bytes += entry.content.size;
      this.forget();
    } catch {
      this.kept.delete(address);
      this.failed.set(address, Date.now());
    }
    this.onArrival();
  }

  forget() {
    for (const [address, { content }] of this.kept) {
      if (this.bytes <= MOST_BYTES) return;
      if (!content) continue;
      this.bytes -= content.size;
      this.kept.delete(address);
    }
  }
}
