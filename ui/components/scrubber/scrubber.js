/* The epoch scrubber: its state, and what follows from it.
 *
 * Streamlit calls the default export whenever the data changes. One Scrubber lives as long as its element and keeps the
 * reader's settings. Everything happens in the browser: samples and confusion matrices are fetched once and kept.
 *
 * With other components on the page it speaks through events on the document (ui/components/curves does the same):
 *     segcore:epoch {run, epoch, step, time}   the selected epoch (from 0)
 *     segcore:where                            requests the selected epoch
 *     segcore:pick {run, step}                 the reader pressed on a curve: the epoch nearest to it is shown
 */
"use strict";

const EVERY_MS = 2000;
const AHEAD = 3; // epochs whose samples are fetched in advance

class Scrubber {
  constructor(root) {
    this.root = root;
    this.ui = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    this.settings = {
      mode: "prediction",
      one: null, // a class id, or all
      opacity: 0.6,
      overlay: true, // false hides it without forgetting the opacity
      contour: false,
      since: "previous", // what gained and lost refer to: the epoch before, or a number
      cell: null, // of the confusion matrix: {truth, label}
      against: null, // the name of another run
      split: 0.5,
      large: null, // the number of the sample that is shown large
      speed: SPEEDS[1],
    };
    Object.assign(this, { at: null, live: true, playing: false, cards: [], rivals: [], rival: null, previewed: null });
    this.paper = { canvas: document.createElement("canvas"), width: 0, height: 0, ratio: 1 };
    this.ended = new AbortController();
    this.resizes = new ResizeObserver(() => this.redraw());
    this.shelf = new Shelf(() => this.arrived());
    this.matrix = confusionOf(this);
    this.bars = new Bars(this);
    this.listen(this.ended.signal);
    this.clock = setInterval(() => this.ask(), EVERY_MS);
  }

  listen(signal) {
    const { ui } = this;
    const on = (node, type, react) => node.addEventListener(type, react, { signal });
    on(ui.slider, "input", () => this.go(this.story.epochs[Number(ui.slider.value)]));
    on(ui.back, "click", () => this.step(-1));
    on(ui.next, "click", () => this.step(1));
    on(ui.play, "click", () => this.play(!this.playing));
    on(ui.live, "click", () => this.go(this.story.epochs.at(-1)));
    on(ui.help, "click", () => showKeys(this, ui.keys.hidden));
    on(ui.speed, "change", () => this.set({ speed: Number(ui.speed.value) }));
    on(ui.modes, "change", (event) => this.set({ mode: event.target.value, cell: null }));
    on(ui.one, "change", () => this.set({ one: ui.one.value === "" ? null : Number(ui.one.value), cell: null }));
    on(ui.since, "change", () => this.set({ since: ui.since.value === "previous" ? "previous" : Number(ui.since.value) }));
    for (const type of ["pointerdown", "focus"]) on(ui.against, type, () => this.findRivals());
    on(ui.against, "change", () => this.meet(ui.against.value || null));
    on(ui.opacity, "input", () => this.set({ opacity: ui.opacity.value / 100, overlay: true }));
    on(ui.contour, "click", () => this.set({ contour: !this.settings.contour, overlay: true }));
    on(ui.split, "input", () => this.set({ split: ui.split.value / 100 }));
    on(ui.scrubber, "keydown", (event) => pressed(this, event));
    on(ui.scrubber, "pointerenter", ({ pointerType }) => {
      if (pointerType === "mouse" && document.activeElement === document.body) ui.scrubber.focus({ preventScroll: true });
    });
    on(document, "visibilitychange", () => this.ask());
    on(document, "segcore:where", () => this.announce());
    on(document, "segcore:pick", ({ detail }) => this.pick(detail));
  }

  end() {
    clearInterval(this.clock);
    clearTimeout(this.timer);
    clearTimeout(this.noting);
    this.ended.abort();
    this.resizes.disconnect();
    cancelAnimationFrame(this.frame);
  }

  // ---- data ----------------------------------------------------------------------------------------------------

  update({ run, title, active, texts, language }) {
    Object.assign(this, { texts, title, language });
    if (this.story?.name !== run || this.story.language !== language) this.begin(run); // names of classes differ
    if (active && this.story.hasEnded()) this.story.state = null; // it was resumed
    writeTexts(this);
    this.ask();
    this.note(); // a rerun may have put back an older address
    this.redraw();
  }

  begin(run) {
    this.story = new Story(run, this.language);
    Object.assign(this, { at: null, live: true, rivals: [], rival: null });
    const query = new URLSearchParams(location.search);
    const wish = Number(query.get("epoch"));
    if (Number.isInteger(wish) && wish > 0) Object.assign(this, { at: wish - 1, live: false });
    if (/^~?[A-Za-z0-9_-]{1,400}$/.test(query.get("against") ?? "")) this.meet(query.get("against"));
  }

  async ask() {
    if (document.hidden || !this.story) return;
    const { signal } = this.ended;
    const news = await Promise.all([this.story, this.rival].map((story) => story?.ask(signal)));
    if (signal.aborted || !news.some(Boolean)) return;
    this.settle();
    this.redraw();
  }

  /** After epochs came or went: the newest for who follows, else where the reader was. */
  settle() {
    const { epochs } = this.story;
    if (!epochs.length) return;
    if (this.live || this.at === null) this.at = epochs.at(-1);
    else if (!epochs.includes(this.at)) this.at = this.story.nearest(this.at);
    this.live = this.at === epochs.at(-1);
    if (!epochs.includes(this.settings.since)) this.settings.since = "previous"; // it no longer counts
    this.announce();
  }

  async findRivals() {
    if (this.findingRivals) return;
    this.findingRivals = true;
    try {
      const answer = await fetch(`${this.story.address}/rivals`, { signal: this.ended.signal });
      this.rivals = answer.ok ? (await answer.json()).rivals : [];
      this.redraw();
    } catch {
      this.rivals = []; // fetched again when the list is next opened
    } finally {
      this.findingRivals = false;
    }
  }

  /** Compare with another run, or with none. */
  meet(name) {
    this.rival = name && name !== this.story.name ? new Story(name, this.language) : null;
    this.set({ against: this.rival && name });
    this.ask();
    this.note();
  }

  // ---- where the reader is -------------------------------------------------------------------------------------

  go(epoch) {
    if (epoch === undefined || epoch === null) return;
    if (epoch === this.at) return this.redraw();
    this.at = epoch;
    this.live = epoch === this.story.epochs.at(-1);
    this.announce();
    this.note();
    this.redraw();
  }

  step(by) {
    const { epochs } = this.story;
    this.play(false);
    this.go(epochs[clamp(epochs.indexOf(this.at) + by, 0, epochs.length - 1)]);
  }

  /** The reader pressed on a curve. */
  pick({ run, step }) {
    const { epochs, scores } = this.story;
    if (run !== this.story.name || !epochs.length) return;
    const apart = (epoch) => Math.abs(scores.get(epoch).step - step);
    this.play(false);
    this.go(epochs.reduce((near, epoch) => (apart(epoch) < apart(near) ? epoch : near)));
  }

  play(playing) {
    clearTimeout(this.timer);
    const { epochs } = this.story;
    this.playing = playing && epochs.length > 1;
    if (this.playing && this.at === epochs.at(-1)) this.go(epochs[0]);
    if (this.playing) this.timer = setTimeout(() => this.tick(), 1000 / this.settings.speed);
    this.redraw();
  }

  /** One epoch further, as soon as its samples are loaded. */
  tick() {
    const { epochs } = this.story;
    const next = epochs[epochs.indexOf(this.at) + 1];
    if (next === undefined) return this.play(false);
    if (this.fetchAhead(next)) this.go(next);
    if (this.at === epochs.at(-1)) return this.play(false);
    this.timer = setTimeout(() => this.tick(), 1000 / this.settings.speed);
  }

  announce() {
    const scores = this.story?.scores.get(this.at);
    if (!scores) return;
    const { epoch, step, time } = scores;
    document.dispatchEvent(new CustomEvent("segcore:epoch", { detail: { run: this.story.name, epoch, step, time } }));
  }

  /** Write where the reader is to the address, so that a copied link shows the same; not at every step of a drag. */
  note() {
    clearTimeout(this.noting);
    this.noting = setTimeout(() => {
      const address = new URL(location.href);
      const put = (name, value) => (value === null ? address.searchParams.delete(name) : address.searchParams.set(name, value));
      put("epoch", this.live || this.at === null ? null : this.at + 1);
      put("against", this.settings.against);
      history.replaceState(history.state, "", address);
    }, 400);
  }

  // ---- settings ------------------------------------------------------------------------------------------------

  set(change) {
    Object.assign(this.settings, change);
    this.redraw();
  }

  choose(id) {
    this.set({ one: this.settings.one === id ? null : id, cell: null });
  }

  enlarge(sample) {
    this.set({ large: this.settings.large === sample ? null : sample });
    // The cards before it take another place, which would put the one that was pressed out of view.
    const card = this.cards.find((each) => each.sample.sample === sample);
    requestAnimationFrame(() => card?.figure.scrollIntoView({ block: "nearest" }));
  }

  preview(cell) {
    this.previewed = cell;
    this.redraw();
  }

  pin(cell) {
    const { cell: now } = this.settings;
    const same = cell && now?.truth === cell.truth && now?.label === cell.label;
    this.set({ cell: same ? null : cell });
    if (same) this.previewed = null;
  }

  cell() {
    return this.previewed ?? this.settings.cell;
  }

  /** The epoch that gained and lost refer to; undefined where there is none. */
  since(story = this.story, epoch = this.at) {
    const { since } = this.settings;
    if (since === "previous") return story.before(epoch);
    return story.scores.has(since) ? since : undefined;
  }

  rivalEpoch() {
    return this.rival?.nearest(this.at);
  }

  /** Whether another run lies on the right of the swipe. */
  isSwiped() {
    return this.cards.some(({ sample }) => this.rival?.samples.some(({ id }) => id === sample.id));
  }

  look() {
    const { mode, one, contour, overlay } = this.settings;
    const { colours } = this.story;
    const background = colours[0]?.every((part) => part < 48) ? 0 : null; // drawn dark, so that it recedes
    return { mode, one, contour, opacity: overlay ? this.settings.opacity : 0, cell: this.cell(), colours, background };
  }

  /** `styleOf` the present settings, computed again only if they changed. */
  style() {
    const look = this.look();
    const key = JSON.stringify(look);
    if (this.styled?.key !== key) this.styled = { key, style: styleOf(look) };
    return this.styled.style;
  }

  // ---- what is seen --------------------------------------------------------------------------------------------

  /** A sample was loaded; those fetched in advance change nothing yet. */
  arrived() {
    if (this.cards.some(({ stage }) => stage.getAttribute("aria-busy") === "true")) this.redraw();
    for (const card of this.cards) card.read();
  }

  /** Draw in the next frame, however many reasons there are. */
  redraw() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    const { story, ui, at } = this;
    writeNotes(this);
    if (!story.epochs.length) return;
    this.layCards();
    const since = this.since();
    const [now, before] = [story.scores.get(at), story.scores.get(since)];
    writeRail(this, since);
    writeFacts(this, now, before);
    writeControls(this);
    ui.body.classList.toggle("many", story.classes.length > MANY_CLASSES);
    this.bars.write(story, now, before);
    this.drawMatrix();
    for (const card of this.cards) card.draw();
    for (const card of this.cards) card.read();
    writeLegend(this);
    const busy = this.cards.some(({ stage }) => stage.getAttribute("aria-busy") === "true");
    ui.scrubber.setAttribute("aria-busy", busy || ui.matrix.getAttribute("aria-busy") === "true");
    ui.scrubber.dataset.epoch = at + 1;
    const { epochs } = story;
    const index = epochs.indexOf(at);
    if (!busy) for (const epoch of epochs.slice(Math.max(0, index - 1), index + 1 + AHEAD)) this.fetchAhead(epoch);
  }

  drawMatrix() {
    const { story, ui, at, texts } = this;
    const counted = Boolean(story.scores.get(at)?.v);
    const counts = story.countsOf(at, () => this.redraw());
    ui.matrix.hidden = !counted;
    if (counted) writeMatrix(this.matrix, story, counts, this.settings.cell);
    else ui.matrix.setAttribute("aria-busy", false);
    const cell = this.cell();
    const reading = cell && counts ? readCell(texts, story.classes, counts, cell) : texts.matrix_hint;
    ui.matrixReading.textContent = counted ? reading : texts.not_counted;
    if (cell && counts) this.matrix.cellOf(cell).ariaLabel = reading;
  }

  layCards() {
    const shape = JSON.stringify(this.story.samples);
    if (this.cardsShape === shape) return;
    this.cardsShape = shape;
    this.resizes.disconnect();
    this.cards = this.story.samples.map((sample) => new Card(this, sample));
    this.ui.cards.style.setProperty("--count", this.cards.length);
    this.ui.cards.replaceChildren(...this.cards.map((card) => card.figure));
  }

  /** Fetch the samples of an epoch; whether all are loaded. */
  fetchAhead(epoch) {
    const kinds = this.settings.mode === "confidence" ? ["labels", "confidence"] : ["labels"];
    let ready = true;
    for (const { sample } of this.cards) {
      for (const kind of kinds) {
        const address = this.story.picture(epoch, sample, kind);
        if (address && !this.shelf.plane(address) && !this.shelf.hasFailed(address)) ready = false;
      }
    }
    return ready;
  }
}

const scrubbers = new WeakMap(); // the element that Streamlit gives us → its Scrubber

export default function ({ data, parentElement }) {
  const scrubber = scrubbers.get(parentElement) ?? new Scrubber(parentElement);
  scrubbers.set(parentElement, scrubber);
  scrubber.update(data);
  return () => {
    scrubber.end();
    scrubbers.delete(parentElement);
  };
}
