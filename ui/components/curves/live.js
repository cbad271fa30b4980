/* Live curves: the state, the controls, and the clock that polls for new points.
 *
 * Streamlit calls the default export whenever the data changes. One Live lives as long as its element and keeps the
 * reader's settings. Nothing is polled while the tab is hidden, the reader has paused, or the runs have ended.
 *
 * With other components on the page it speaks through events on the document (ui/components/scrubber does the same):
 *     segcore:epoch {run, epoch, step, time}   another one shows this epoch: it is marked on all charts
 *     segcore:where                            requests the position of the others
 *     segcore:pick {run, step}                 the reader pressed on a curve
 */
"use strict";

const EVERY_MS = 1000;
const AXES = ["step", "epoch", "time"];
const WINDOWS = [0, 5, 20, 100]; // epochs; 0 shows all

class Live {
  constructor(root) {
    this.root = root;
    this.ui = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    this.settings = { axis: "epoch", log: false, memory: 0.6, paused: false, window: 0, hidden: new Set(), class: null };
    this.tracks = [];
    this.panels = new Map();
    this.cursor = null; // a place on the axis
    this.mark = null; // of the last segcore:epoch
    this.finished = new AbortController();
    this.listen(this.finished.signal);
    this.clock = setInterval(() => this.ask(), EVERY_MS);
  }

  listen(signal) {
    const { log, smooth, pause, window: newestOnly, more } = this.ui;
    const on = (node, type, react) => node.addEventListener(type, react, { signal });
    smooth.value = this.settings.memory;
    on(log, "change", () => this.set({ log: log.checked }));
    on(smooth, "input", () => this.set({ memory: Number(smooth.value) }));
    on(newestOnly, "change", () => this.set({ window: Number(newestOnly.value) }));
    on(pause, "click", () => this.set({ paused: !this.settings.paused }));
    on(more, "toggle", () => this.draw());
    on(document, "visibilitychange", () => this.ask());
    on(matchMedia("(prefers-color-scheme: dark)"), "change", () => setTimeout(() => this.draw(), 300));
    on(document, "segcore:epoch", ({ detail }) => this.setMark(detail));
  }

  end() {
    clearInterval(this.clock);
    this.finished.abort();
    for (const panel of this.panels.values()) panel.remove();
  }

  update(data) {
    const isNew = !this.data;
    const known = new Map(this.tracks.map((track) => [track.events, track]));
    this.tracks = data.runs.map((run) => Object.assign(known.get(run.events) ?? new Track(run), run));
    for (const track of this.tracks) if (data.active && track.hasEnded()) track.state = null; // it may be resumed
    Object.assign(this, { data, texts: data.texts });
    for (const node of this.root.querySelectorAll("[data-text]")) node.textContent = this.texts[node.dataset.text];
    for (const node of this.root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", this.texts[node.dataset.label]);
    this.ui.axes.replaceChildren(...AXES.map((axis) => this.axisChoice(axis)));
    this.ui.window.replaceChildren(...WINDOWS.map((epochs) => this.windowChoice(epochs)));
    if (isNew) this.ui.more.open = data.open;
    this.say();
    this.ask();
    this.draw();
    if (isNew) document.dispatchEvent(new CustomEvent("segcore:where"));
  }

  axisChoice(axis) {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "live-axis", value: axis });
    const text = Object.assign(document.createElement("span"), { textContent: this.texts[`axis_${axis}`] });
    input.checked = axis === this.settings.axis;
    input.addEventListener("change", () => this.set({ axis }));
    label.append(input, text);
    return label;
  }

  windowChoice(epochs) {
    const text = this.texts[epochs ? "window_last" : "window_all"].replace("%epochs", epochs);
    return new Option(text, epochs, false, epochs === this.settings.window);
  }

  set(change) {
    Object.assign(this.settings, change);
    this.say();
    this.ask();
    this.draw();
  }

  toggleLine(key) {
    const { hidden } = this.settings;
    if (!hidden.delete(key)) hidden.add(key);
    this.draw();
  }

  // ---- what is new ---------------------------------------------------------------------------------------------

  async ask() {
    if (document.hidden || this.settings.paused) return;
    const answers = await Promise.all(this.tracks.map((track) => track.ask(this.finished.signal)));
    this.say();
    if (answers.some(Boolean)) this.draw();
  }

  say() {
    const { live, state, pause } = this.ui;
    const ended = this.tracks.every((track) => track.hasEnded());
    const broken = this.tracks.map((track) => track.broken).find(Boolean);
    const seen = this.tracks.some((track) => track.offset);
    const isLoading = this.tracks.every((track) => track.state === null && !track.offset);
    const running = isLoading ? "loading" : seen ? "live" : "waiting";
    const word = broken || (ended ? "ended" : this.settings.paused ? "paused" : running);
    live.dataset.state = word;
    if (state.textContent !== this.texts[word]) state.textContent = this.texts[word];
    pause.textContent = this.settings.paused ? this.texts.resume : this.texts.pause;
    pause.hidden = ended;
  }

  // ---- the cursor and the mark ---------------------------------------------------------------------------------

  /** The reader points at this place of the axis, in whichever chart; null when nowhere. */
  point(place) {
    if (place === this.cursor) return;
    this.cursor = place;
    for (const panel of this.panels.values()) {
      panel.placeLines();
      panel.writeValues();
    }
  }

  setMark(detail) {
    if (!this.tracks.some((track) => track.name === detail.run)) return;
    this.mark = detail;
    for (const panel of this.panels.values()) {
      panel.placeLines();
      panel.writeValues();
    }
  }

  markPlace() {
    const track = this.mark && this.tracks.find(({ name }) => name === this.mark.run);
    return track ? placeOf([this.mark.step, this.mark.time], this.settings.axis, track.facts) : null;
  }

  pick(run, step) {
    document.dispatchEvent(new CustomEvent("segcore:pick", { detail: { run, step } }));
  }

  // ---- what is seen --------------------------------------------------------------------------------------------

  /** Names of classes that any of several runs knows, in their order. */
  classes() {
    return [...new Set(this.tracks.flatMap((track) => track.facts.classes))];
  }

  async draw() {
    if (!this.tracks.some((track) => Object.keys(track.points).length)) return;
    let Plotly;
    try {
      Plotly = await loadPlotly(this.data.plotly);
    } catch {
      for (const track of this.tracks) track.broken = "broken";
      return this.say();
    }
    if (this.finished.signal.aborted) return;
    const classes = this.classes();
    if (!classes.includes(this.settings.class)) this.settings.class = classes.at(-1);
    const charts = chartsOf(this.tracks, this.texts, this.settings.class);
    for (const chart of charts) this.place(chart, classes);
    this.ui.more.hidden = false; // before they are drawn: a plot takes the width of its place
    for (const chart of charts) if (chart.main || this.ui.more.open) this.panels.get(chart.name).draw(Plotly, chart);
    const wanted = new Set(charts.map((chart) => chart.name));
    for (const [name, panel] of this.panels) if (!wanted.has(name) && this.panels.delete(name)) panel.remove();
    this.ui.table.hidden = this.tracks.length > 1;
    if (this.tracks.length === 1) writeTable(this.ui, this.texts, this.tracks[0]);
  }

  place(chart, classes) {
    if (!this.panels.has(chart.name)) {
      const panel = new Panel(this, chart.name);
      this.panels.set(chart.name, panel);
      this.ui[chart.main ? "charts" : "rest"].append(panel.figure);
    }
    if (chart.ofClass !== undefined) this.placeClassChoice(this.panels.get(chart.name).caption, classes);
  }

  /** Of several runs the IoU of one class is drawn; which one is chosen in the caption. */
  placeClassChoice(caption, classes) {
    if (!caption.querySelector("select")) {
      const made = Object.assign(document.createElement("select"), { className: "live-select" });
      made.setAttribute("aria-label", this.texts.of_class);
      made.addEventListener("change", () => this.set({ class: made.value }));
      caption.append(made);
    }
    const select = caption.querySelector("select");
    if ([...select.options].map((option) => option.value).join("\n") !== classes.join("\n")) {
      select.replaceChildren(...classes.map((name) => new Option(name, name)));
    }
    select.value = this.settings.class;
  }
}

const lives = new WeakMap(); // the element that Streamlit gives us → its Live

export default function ({ data, parentElement }) {
  const live = lives.get(parentElement) ?? new Live(parentElement);
  lives.set(parentElement, live);
  live.update(data);
  return () => {
    live.end();
    lives.delete(parentElement);
  };
}
