/* One sample: its photo with what is drawn over it, swiped where two runs are compared, and the read-out. */
"use strict";

const MOST_RATIO = 2; // canvas pixels a CSS pixel

class Card {
  constructor(scrubber, sample) {
    Object.assign(this, { scrubber, sample, point: null });
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.tags = ["A", "B"].map((text) => element("span", { class: `tag ${text.toLowerCase()}`, text }));
    this.handle = element("div", { class: "handle", "aria-hidden": "true" }, element("i", { class: "grip" }));
    this.near = element("div", { class: "near", "aria-hidden": "true", hidden: "" });
    this.missing = element("p", { class: "missing", hidden: "" });
    this.stage = element("div", { class: "stage", tabindex: "0", role: "button" }, this.canvas, ...this.tags, this.handle, this.missing);
    this.stage.style.aspectRatio = `${sample.width} / ${sample.height}`;
    this.stage.style.setProperty("--aspect", sample.width / sample.height);
    this.right = element("span", { class: "share" });
    const caption = element("figcaption", {}, element("span", { class: "name", text: sample.name, title: sample.name }), this.right);
    this.figure = element("figure", { class: "card", "data-sample": sample.sample }, this.stage, this.near, caption);
    this.listen(scrubber.ended.signal);
    scrubber.resizes.observe(this.stage);
  }

  listen(signal) {
    const on = (node, type, react) => node.addEventListener(type, react, { signal });
    on(this.stage, "click", (event) => event.target !== this.handle && this.scrubber.enlarge(this.sample.sample));
    on(this.stage, "keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.scrubber.enlarge(this.sample.sample);
    });
    on(this.stage, "pointermove", (event) => this.hover(event));
    on(this.stage, "pointerleave", () => this.hover(null));
    on(this.handle, "pointerdown", (event) => this.handle.setPointerCapture(event.pointerId));
    on(this.handle, "pointermove", (event) => {
      if (!this.handle.hasPointerCapture(event.pointerId)) return;
      const box = this.stage.getBoundingClientRect();
      this.scrubber.set({ split: clamp((event.clientX - box.left) / box.width, 0, 1) });
    });
  }

  // ---- layers --------------------------------------------------------------------------------------------------

  /**
   * The layers of this sample in an epoch of a run: bytes, null where they are not here or were never kept. `waits`
   * says whether one that is drawn is still on its way.
   */
  layers(story, sample, epoch, since) {
    const { shelf, settings } = this.scrubber;
    let waits = false;
    const bytes = (address, isDrawn = true) => {
      const found = shelf.plane(address);
      if (isDrawn && address && !found && !shelf.hasFailed(address)) waits = true;
      return found && found.width === sample.width && found.height === sample.height ? found.pixels : null;
    };
    const inMode = settings.mode === "confidence";
    const truth = bytes(story.fixed(sample, "truth"));
    const labels = bytes(story.picture(epoch, sample, "labels"));
    const confidence = inMode || this.point ? bytes(story.picture(epoch, sample, "confidence"), inMode) : null;
    const before = since === undefined ? null : bytes(story.picture(since, sample, "labels"), settings.mode === "flips");
    return { truth, labels, confidence, before, waits };
  }

  /** Those of this run, with what became of each pixel. */
  own() {
    const { story, at, settings } = this.scrubber;
    const layers = this.layers(story, this.sample, at, this.scrubber.since());
    return { ...layers, ...this.flipped("own", layers, settings.one) };
  }

  /** Those of the other run at the same epoch; null where it does not show this sample. */
  others() {
    const { rival, settings } = this.scrubber;
    const sample = rival?.samples.find((other) => other.id === this.sample.id);
    if (!sample) return null;
    const epoch = this.scrubber.rivalEpoch();
    const layers = this.layers(rival, sample, epoch, this.scrubber.since(rival, epoch));
    return { ...layers, ...this.flipped("others", layers, settings.one) };
  }

  /** `flipsOf`, which is computed again only when something changed. */
  flipped(whose, { labels, before, truth }, one) {
    if (!labels || !before || !truth) return { flips: null, flipCounts: null };
    this.known ??= {};
    const known = this.known[whose];
    if (known?.labels === labels && known.before === before && known.one === one) return known.result;
    const { flips, counts } = flipsOf(labels, before, truth, one);
    const result = { flips, flipCounts: counts };
    this.known[whose] = { labels, before, one, result };
    return result;
  }

  // ---- drawing -------------------------------------------------------------------------------------------------

  draw() {
    const { scrubber, stage, canvas, sample } = this;
    const { story, at, settings, paper, texts, shelf } = scrubber;
    const ratio = Math.min(window.devicePixelRatio || 1, MOST_RATIO);
    const [width, height] = [Math.round(stage.clientWidth * ratio), Math.round(stage.clientHeight * ratio)];
    if (!width || !height) return;
    const photo = shelf.photo(story.fixed(sample, "image"));
    const own = this.own();
    const others = settings.against ? this.others() : null;
    const isBusy = own.waits || others?.waits || (!photo && !shelf.hasFailed(story.fixed(sample, "image")));
    stage.setAttribute("aria-busy", Boolean(isBusy));
    if (isBusy) return; // what was there stays until then
    this.missing.hidden = Boolean(own.labels);
    this.missing.textContent = own.labels ? "" : texts.no_picture;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const view = { scale: width / sample.width, x: 0, y: 0 };
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = view.scale < 2;
    pen.imageSmoothingQuality = "medium";
    if (photo) pen.drawImage(photo.bitmap, 0, 0, width, height);
    else pen.clearRect(0, 0, width, height);
    fitPaper(paper, width, height, ratio);
    paper.pixels.fill(0);
    const split = others ? Math.round(settings.split * width) : width;
    const style = scrubber.style();
    const [left, right] = [sheetOf(own, style, sample), others && sheetOf(others, style, sample)];
    if (left) paintSheet(paper, view, left, 0, split);
    if (right && split < width) paintSheet(paper, view, right, split, width);
    paper.pen.putImageData(paper.image, 0, 0);
    pen.drawImage(paper.canvas, 0, 0);
    this.write(Boolean(others));
  }

  write(swiped) {
    const { scrubber, stage, sample } = this;
    const { story, at, settings, texts } = scrubber;
    stage.style.setProperty("--split", settings.split);
    this.figure.classList.toggle("swiped", swiped);
    this.figure.classList.toggle("large", settings.large === sample.sample);
    const share = story.accuracy(at, sample);
    this.right.textContent = typeof share === "number" ? filled(texts.share_right, { share: percent(share) }) : "—";
    stage.setAttribute("aria-label", `${sample.name}: ${this.right.textContent}. ${texts.enlarge}`);
    stage.setAttribute("aria-pressed", settings.large === sample.sample);
  }

  // ---- reading a pixel -----------------------------------------------------------------------------------------

  hover(event) {
    const box = this.stage.getBoundingClientRect();
    const isIn = event && event.pointerType === "mouse" && event.target !== this.handle;
    this.point = isIn ? { x: event.clientX - box.left, y: event.clientY - box.top, box } : null;
    this.read();
  }

  read() {
    const { near, point, scrubber, sample } = this;
    near.hidden = true;
    if (!point) return;
    const { classes } = scrubber.story;
    const { texts, settings } = scrubber;
    const onOther = settings.against && point.x / point.box.width > settings.split;
    const layers = (onOther && this.others()) || this.own();
    if (!layers.labels || !layers.truth) return;
    const col = clamp(Math.floor((point.x / point.box.width) * sample.width), 0, sample.width - 1);
    const row = clamp(Math.floor((point.y / point.box.height) * sample.height), 0, sample.height - 1);
    const i = row * sample.width + col;
    const nameOf = (id) => (id === IGNORED ? texts.ignored : (classes[id] ?? `${id}`));
    const sure = layers.confidence ? ` ${percent(layers.confidence[i] / 255)}` : "";
    const lines = [
      [texts.read_prediction, nameOf(layers.labels[i]) + sure],
      [texts.read_truth, nameOf(layers.truth[i])],
      ...(layers.before ? [[texts.read_before, nameOf(layers.before[i])]] : []),
    ];
    near.replaceChildren(...lines.flatMap(([what, value]) => [element("span", { text: what }), element("b", { text: value })]));
    near.hidden = false;
    const leftwards = point.x > point.box.width / 2;
    near.style.transform = `translate(${point.x + (leftwards ? -12 : 14)}px, ${point.y + 16}px) translateX(${leftwards ? -100 : 0}%)`;
  }
}
