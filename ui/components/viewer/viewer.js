/* The viewer: its layers, its settings, its view, and the frames it draws.
 *
 * Streamlit calls the default export whenever the data changes. One Viewer lives as long as its element and keeps the
 * reader's settings; `update` gives it new data. Nothing is sent to the server, except a click if Python requested
 * clicks. Lengths are CSS pixels; a photo pixel is {row, col}.
 */
"use strict";

const MAX_SCALE = 40; // CSS pixels a photo pixel
const MAX_RATIO = 2; // canvas pixels a CSS pixel: finer screens gain nothing and cost time
const CRISP_FROM = 2; // canvas pixels a photo pixel from which the photo's pixels are shown as squares

class Viewer {
  constructor(root) {
    this.root = root;
    this.ui = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    this.settings = {
      mode: "classes",
      opacity: 0.55,
      overlay: true, // false hides the mask without forgetting the opacity
      below: 0, // confidence under which a pixel is hatched
      contour: false,
      patterns: false,
      swipe: false,
      split: 0.5, // place of the swipe's handle, a share of the stage's width
      left: "photo", // what the swipe shows left of it
      off: new Set(), // classes that are switched off …
      solo: null, // … unless one is shown alone
    };
    this.view = { scale: 1, x: 0, y: 0 }; // stage = photo * scale + (x, y)
    this.fitted = true;
    this.addresses = {};
    this.layers = {};
    this.failures = {};
    this.pointers = new Map(); // pressed ones, by id
    this.point = null; // the photo pixel that is being read …
    this.pinned = null; // … and the one to return to when the pointer leaves
    this.paper = { canvas: document.createElement("canvas"), width: 0, height: 0, ratio: 1 };
    this.resizes = new ResizeObserver(() => this.redraw());
    this.resizes.observe(this.ui.stage);
    this.ended = new AbortController();
    listen(this, this.ended.signal);
  }

  end() {
    this.ended.abort();
    this.resizes.disconnect();
    this.addresses = {}; // whatever is still on its way will be ignored
    cancelAnimationFrame(this.frame);
  }

  // ---- data ----------------------------------------------------------------------------------------------------

  update(data, send) {
    const before = this.data;
    Object.assign(this, { data, send, texts: data.texts });
    this.ui.viewer.style.setProperty("--aspect", data.width / data.height);
    this.ui.viewer.style.setProperty("--tallest", `${data.maxHeight}px`);
    if (!before && data.swipe) Object.assign(this.settings, { swipe: true, left: data.second ? "second" : "photo" });
    if (before?.classes.join("\n") !== data.classes.join("\n")) Object.assign(this.settings, this.allClasses());
    if (before?.image !== data.image) Object.assign(this, { fitted: true, pinned: null, point: null });
    if (before?.image === data.image && !before.truth && data.truth) this.settings.mode = "errors"; // it came just now
    this.ui.viewer.classList.toggle("labels-only", Boolean(data.labels_only));
    writeTexts(this);
    this.load();
    this.refresh();
  }

  load() {
    const { image, maps, uncertainty, truth, second } = this.data;
    const wanted = { image, maps, uncertainty, truth, second: second?.maps ?? null };
    for (const [name, address] of Object.entries(wanted)) this.loadLayer(name, address);
  }

  async loadLayer(name, address) {
    if (this.addresses[name] === address) return;
    this.addresses[name] = address;
    delete this.failures[name];
    this.setLayer(name, null);
    if (!address) return;
    try {
      const layer = await fetchLayer(name, address, this.data);
      if (this.addresses[name] === address) this.setLayer(name, layer); // else another one was wanted meanwhile
    } catch (error) {
      if (this.addresses[name] !== address) return;
      this.addresses[name] = undefined; // so that the next load() tries again
      this.failures[name] = error.message;
      this.refresh();
    }
  }

  setLayer(name, layer) {
    this.layers[name] = layer;
    if (name === "maps" || name === "truth") Object.assign(this, tally(this.layers));
    this.refresh();
  }

  /** Ids of the classes that the mask or the ground truth contains, in their own order. */
  present() {
    const ids = this.data.classes.map((_, id) => id);
    return ids.filter((id) => this.areas[id] || isInTruth(this.joint, id));
  }

  // ---- settings ------------------------------------------------------------------------------------------------

  modes() {
    const { uncertainty, truth, labels_only: labelsOnly } = this.data;
    return ["classes", !labelsOnly && "confidence", uncertainty && "uncertainty", truth && "truth", truth && "errors"].filter(Boolean);
  }

  leftSides() {
    const { truth, second } = this.data;
    const sides = [["photo", this.texts.photo], truth && ["truth", this.texts.truth]];
    return [...sides, second && ["second", second.title]].filter(Boolean);
  }

  set(change) {
    Object.assign(this.settings, change);
    this.refresh();
  }

  toggle(name) {
    this.set({ [name]: !this.settings[name], overlay: true });
  }

  swipeTo(split) {
    this.settings.split = clamp(split, 0, 1);
    this.redraw();
  }

  allClasses() {
    const { background } = this.data;
    return { off: new Set(background === null ? [] : [background]), solo: null };
  }

  showsAll() {
    const { off, solo } = this.settings;
    return solo === null && [...off].join() === [...this.allClasses().off].join();
  }

  showAll() {
    this.set(this.allClasses());
  }

  toggleClass(id) {
    const off = new Set(this.settings.off);
    if (!off.delete(id)) off.add(id);
    this.set({ off, solo: null, overlay: true });
  }

  soloClass(id) {
    this.set({ solo: this.settings.solo === id ? null : id, overlay: true });
  }

  isShown(id) {
    return this.settings.solo === null ? !this.settings.off.has(id) : this.settings.solo === id;
  }

  /** The number of a class's pattern; the background keeps its plain colour. */
  pattern(id) {
    return this.settings.patterns && id !== this.data.background ? 1 + ((id + 6) % (PATTERNS.length - 1)) : 0;
  }

  // ---- drawing -------------------------------------------------------------------------------------------------

  /** After a setting or a layer changed: controls, read-out and image. */
  refresh() {
    if (!this.modes().includes(this.settings.mode)) this.settings.mode = "classes";
    if (!this.leftSides().some(([value]) => value === this.settings.left)) this.settings.left = "photo";
    this.sheets = null;
    if (this.areas) writeState(this);
    this.read(this.point);
    this.redraw();
  }

  /** Draw in the next frame, however many reasons there are. */
  redraw() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    const { stage, canvas } = this.ui;
    const [width, height] = [stage.clientWidth, stage.clientHeight];
    if (!width || !height || !this.data) return;
    this.keepInFrame(width, height);
    const ratio = Math.min(window.devicePixelRatio || 1, MAX_RATIO);
    const size = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    const view = { scale: this.view.scale * ratio, x: this.view.x * ratio, y: this.view.y * ratio };
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, ...size);
    if (this.layers.image) this.drawPhoto(pen, view);
    if (this.layers.image && this.layers.maps) this.drawMask(pen, view, ratio);
    writePlaces(this);
  }

  drawPhoto(pen, { scale, x, y }) {
    pen.imageSmoothingEnabled = scale < CRISP_FROM;
    pen.imageSmoothingQuality = "medium";
    pen.drawImage(this.layers.image, x, y, this.data.width * scale, this.data.height * scale);
  }

  drawMask(pen, view, ratio) {
    const { settings, layers, paper } = this;
    const { width, height } = pen.canvas;
    fitPaper(paper, width, height, ratio);
    this.sheets ??= { right: this.sheet(settings.mode, layers.maps), left: this.leftSheet() };
    const split = settings.swipe ? Math.round(settings.split * width) : 0;
    paper.pixels.fill(0);
    if (this.sheets.right) paintSheet(paper, view, this.sheets.right, split, width);
    if (this.sheets.left && split) paintSheet(paper, view, this.sheets.left, 0, split);
    paper.pen.putImageData(paper.image, 0, 0);
    pen.drawImage(paper.canvas, 0, 0);
  }

  leftSheet() {
    const { maps, second } = this.layers;
    if (this.settings.left === "truth") return this.sheet("truth", maps);
    return this.settings.left === "second" && second ? this.sheet("classes", second) : null;
  }

  /** What paintSheet needs to draw one view of one mask (see there); null while its layer is not here. */
  sheet(mode, maps) {
    const { solo, contour: contourOnly, below } = this.settings;
    const { truth, uncertainty } = this.layers;
    const { width, height, colours } = this.data;
    const opacity = this.settings.overlay ? this.settings.opacity : 0;
    const base = { width, height, ...maps, below: Math.round(below * 255) };
    if (mode === "classes" || mode === "truth") {
      const table = byClass((id) => this.isShown(id));
      const inks = mixInks(colours, opacity, { contourOnly, patternOf: (id) => this.pattern(id) });
      const sheet = { ...base, table, inks, contour: true };
      if (mode === "classes") return sheet;
      return truth ? { ...sheet, labels: truth, below: 0 } : null;
    }
    if (mode === "errors") {
      const inks = mixInks(verdictColours(colours), opacity, {
        contourOnly,
        patternOf: (ink) => (ink === 2 ? HATCH : 0),
      });
      return truth ? { ...base, other: truth, below: 0, table: byVerdict(solo), inks, contour: contourOnly } : null;
    }
    const [other, scale] = mode === "confidence" ? [maps.confidence, CIVIDIS] : [uncertainty, VIRIDIS];
    const table = byLevel((id) => solo === null || solo === id);
    return other ? { ...base, other, table, inks: mixInks(ramp(scale, LEVELS), opacity), contour: false } : null;
  }

  // ---- view ----------------------------------------------------------------------------------------------------

  fitScale() {
    const { clientWidth, clientHeight } = this.ui.stage;
    return Math.min(clientWidth / this.data.width, clientHeight / this.data.height);
  }

  /** The photo is centred where it is smaller than the frame, and leaves no gap where it is larger. */
  keepInFrame(width, height) {
    const { view, data } = this;
    const fit = this.fitScale();
    if (this.fitted || view.scale < fit) view.scale = fit;
    const keep = (at, frame, size) => (size <= frame ? (frame - size) / 2 : clamp(at, frame - size, 0));
    view.x = keep(view.x, width, data.width * view.scale);
    view.y = keep(view.y, height, data.height * view.scale);
  }

  /** Zoom so that the photo's point under (x, y) of the stage stays there. */
  zoom(factor, x = this.ui.stage.clientWidth / 2, y = this.ui.stage.clientHeight / 2) {
    const fit = this.fitScale();
    const scale = clamp(this.view.scale * factor, fit, Math.max(MAX_SCALE, fit));
    const grown = scale / this.view.scale;
    this.view = { scale, x: x - (x - this.view.x) * grown, y: y - (y - this.view.y) * grown };
    this.fitted = scale <= fit * 1.001;
    this.redraw();
  }

  fit() {
    this.fitted = true;
    this.redraw();
  }

  pan(dx, dy) {
    this.view.x += dx;
    this.view.y += dy;
    this.redraw();
  }

  toggleFullscreen() {
    if (this.root.fullscreenElement) document.exitFullscreen();
    else this.ui.viewer.requestFullscreen();
  }

  // ---- reading a pixel -----------------------------------------------------------------------------------------

  read(pixel) {
    this.point = pixel;
    writeReading(this, this.reading());
  }

  /** Keep reading this pixel while the pointer is elsewhere, and announce it to screen readers. */
  pin(pixel) {
    this.pinned = pixel;
    this.read(pixel);
    const found = this.reading();
    this.ui.spoken.textContent = found ? `${found.name} ${found.confidence}, x ${found.col}, y ${found.row}` : "";
    this.redraw();
  }

  movePoint(rows, cols) {
    const { width, height } = this.data;
    const { row, col } = this.pinned ?? { row: height >> 1, col: width >> 1 };
    this.pin({ row: clamp(row + rows, 0, height - 1), col: clamp(col + cols, 0, width - 1) });
  }

  /** Send the pinned pixel, or else the one in the middle, to Python: a click by keyboard. */
  askAbout() {
    if (!this.pinned) this.movePoint(0, 0);
    this.send("pixel", this.pinned);
  }

  /** The read-out of the point in words; null if there is none. */
  reading() {
    const { point, layers, data, settings } = this;
    if (!point || !layers.maps) return null;
    const { row, col } = point;
    const at = row * data.width + col;
    const leftward = this.view.x + (col + 0.5) * this.view.scale < settings.split * this.ui.stage.clientWidth;
    const onSecond = settings.swipe && settings.left === "second" && leftward;
    const maps = (onSecond && layers.second) || layers.maps;
    const nameOf = (id) => data.classes[id] ?? (id === IGNORED ? this.texts.ignored : `${id}`);
    return {
      row,
      col,
      name: nameOf(maps.labels[at]),
      colour: cssColour(data.colours[maps.labels[at]] ?? [128, 128, 128]),
      confidence: data.labels_only ? "" : percent(maps.confidence[at] / 255),
      runnerUp: nameOf(maps.runnerUp[at]),
      uncertainty: layers.uncertainty ? percent(layers.uncertainty[at] / 255) : "",
      truth: layers.truth ? nameOf(layers.truth[at]) : "",
    };
  }
}

const viewers = new WeakMap(); // the element that Streamlit gives us → its Viewer

export default function ({ data, parentElement, setTriggerValue }) {
  const viewer = viewers.get(parentElement) ?? new Viewer(parentElement);
  viewers.set(parentElement, viewer);
  viewer.update(data, setTriggerValue);
  return () => {
    viewer.end();
    viewers.delete(parentElement);
  };
}
