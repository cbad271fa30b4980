/* Live curves: the state, the controls, and the clock that asks for what is new.
 *
 * Streamlit calls the default export whenever the data changes. One Live lives as long as its element and keeps the
 * reader's settings. Nothing is asked for while the tab is hidden, the reader has paused, or the run has ended.
 */
"use strict";

const EVERY_MS = 1000;
const ENDED = ["paused", "stopped", "finished", "failed", "lost"];
const AXES = ["step", "epoch", "time"];

class Live {
  constructor(root) {
    this.root = root;
    this.ui = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    this.settings = { axis: "epoch", log: false, memory: 0.6, paused: false };
    this.forget();
    this.finished = new AbortController();
    const { signal } = this.finished;
    const { log, smooth, pause } = this.ui;
    smooth.value = this.settings.memory;
    log.addEventListener("change", () => this.set({ log: log.checked }), { signal });
    smooth.addEventListener("input", () => this.set({ memory: Number(smooth.value) }), { signal });
    pause.addEventListener("click", () => this.set({ paused: !this.settings.paused }), { signal });
    document.addEventListener("visibilitychange", () => this.ask(), { signal });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(() => this.draw(), 300), { signal });
    this.clock = setInterval(() => this.ask(), EVERY_MS);
  }

  forget() {
    Object.assign(this, { points: {}, offset: 0, state: null, facts: { classes: [], colours: [] }, broken: "" });
  }

  end() {
    clearInterval(this.clock);
    this.finished.abort();
    for (const plot of this.plots()) window.Plotly?.purge(plot);
  }

  update(data) {
    if (this.data?.events !== data.events) this.forget();
    if (data.active && ENDED.includes(this.state)) this.state = null; // it goes on
    Object.assign(this, { data, texts: data.texts });
    for (const node of this.root.querySelectorAll("[data-text]")) node.textContent = this.texts[node.dataset.text];
    for (const node of this.root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", this.texts[node.dataset.label]);
    this.ui.axes.replaceChildren(...AXES.map((axis) => this.axisChoice(axis)));
    this.say();
    this.ask();
    this.draw();
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

  set(change) {
    Object.assign(this.settings, change);
    this.say();
    this.ask();
    this.draw();
  }

  // ---- what is new ---------------------------------------------------------------------------------------------

  async ask() {
    if (this.asking || document.hidden || this.settings.paused || ENDED.includes(this.state)) return;
    this.asking = true;
    const address = this.data.events;
    try {
      const answer = await fetch(`${address}?since=${this.offset}`, { signal: this.finished.signal });
      if (answer.status === 404) Object.assign(this, { state: "lost", broken: "gone" }); // deleted meanwhile
      else if (!answer.ok) throw new Error(`${answer.status}`);
      else if (address === this.data.events) this.take(await answer.json());
    } catch {
      if (!this.finished.signal.aborted) this.broken = "broken"; // the server is away; the next tick asks again
    } finally {
      this.asking = false;
    }
    this.say();
  }

  take(answer) {
    const isNew = answer.since === 0 || Object.keys(answer.lines).length > 0 || this.state === null;
    this.points = joined(this.points, answer);
    Object.assign(this, { offset: tooLong(this.points) ? 0 : answer.offset, state: answer.state, broken: "" });
    this.facts = {
      classes: answer.classes,
      colours: answer.colours,
      stepsPerEpoch: answer.steps_per_epoch,
      began: answer.began,
    };
    if (isNew) this.draw();
  }

  say() {
    const { live, state, pause } = this.ui;
    const word = this.broken || (ENDED.includes(this.state) ? "ended" : this.settings.paused ? "paused" : this.offset ? "live" : "waiting");
    live.dataset.state = word;
    if (state.textContent !== this.texts[word]) state.textContent = this.texts[word];
    pause.textContent = this.settings.paused ? this.texts.resume : this.texts.pause;
    pause.hidden = ENDED.includes(this.state);
  }

  // ---- what is seen --------------------------------------------------------------------------------------------

  plots() {
    return [...this.ui.charts.querySelectorAll(".live-plot")];
  }

  async draw() {
    if (!Object.keys(this.points).length) return;
    let Plotly;
    try {
      Plotly = await loadPlotly(this.data.plotly);
    } catch {
      this.broken = "broken";
      return this.say();
    }
    if (this.finished.signal.aborted) return;
    const { axis, log, memory } = this.settings;
    for (const chart of chartsOf({ ...this.facts, texts: this.texts })) {
      const plot = this.plotOf(chart.name);
      plot.setAttribute("aria-label", `${this.texts[chart.name]}: ${described(chart, this.points)}`);
      const layout = layoutOf(chart, { axis, log, root: this.ui.live, texts: this.texts });
      Plotly.react(plot, traces(chart, this.points, { axis, memory, scale: this.facts }), layout, CONFIG);
    }
    this.writeTable();
  }

  plotOf(name) {
    const found = this.ui.charts.querySelector(`[data-chart="${name}"]`);
    if (found) return found;
    const figure = Object.assign(document.createElement("figure"), { className: "live-chart" });
    const caption = Object.assign(document.createElement("figcaption"), { textContent: this.texts[name] });
    const plot = Object.assign(document.createElement("div"), { className: "live-plot", role: "img" });
    plot.dataset.chart = name;
    figure.append(caption, plot);
    this.ui.charts.append(figure);
    return plot;
  }

  /** The same in numbers: one row an epoch, the newest first. Texts are text nodes, whatever they contain. */
  writeTable() {
    const columns = ["val_loss", "miou", "pixel_accuracy", ...this.facts.classes.map((_, id) => `iou.${id}`)];
    const titles = [this.texts.val_loss, this.texts.miou, this.texts.pixel_accuracy, ...this.facts.classes];
    const cell = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
    this.ui.head.replaceChildren(...[this.texts.axis_epoch, ...titles].map((text) => cell("th", text)));
    const epochs = this.points.miou ?? [];
    const rows = epochs.map(([step], index) => {
      const row = document.createElement("tr");
      const epoch = this.facts.stepsPerEpoch ? Math.round(step / this.facts.stepsPerEpoch) : step;
      row.append(cell("td", `${epoch}`), ...columns.map((name) => cell("td", digits(this.points[name]?.[index]?.[2]))));
      return row;
    });
    this.ui.rows.replaceChildren(...rows.reverse());
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
