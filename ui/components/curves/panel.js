/* One chart on the page: its title, its legend with the values under the cursor, the plot, and two upright lines:
 * the cursor, the pointer's position in any chart, and the mark, the epoch that is selected elsewhere.
 */
"use strict";

const TAP_SLACK = 5; // CSS pixels that a click may travel; more is a zoom

const made = (tag, className, children = []) => {
  const node = Object.assign(document.createElement(tag), { className });
  node.append(...children);
  return node;
};

class Panel {
  constructor(live, name) {
    this.live = live;
    this.series = [];
    this.title = made("span", "");
    this.legend = made("div", "live-legend");
    this.plot = Object.assign(made("div", "live-plot"), { role: "img" });
    this.plot.dataset.chart = name;
    this.cursor = made("div", "live-cursor");
    this.flag = made("span", "live-flag");
    this.mark = made("div", "live-mark", [this.flag]);
    this.frame = made("div", "live-frame", [this.plot, this.mark, this.cursor]);
    this.frame.tabIndex = 0;
    this.caption = made("figcaption", "", [this.title]);
    this.figure = made("figure", "live-chart", [this.caption, this.legend, this.frame]);
    this.listen(live.finished.signal);
  }

  listen(signal) {
    const on = (node, type, react) => node.addEventListener(type, react, { signal });
    on(this.frame, "pointermove", (event) => !event.buttons && this.live.point(this.snapped(this.placeAt(event))));
    on(this.frame, "pointerleave", () => this.live.point(null));
    on(this.frame, "pointerdown", (event) => (this.pressed = event));
    on(document, "pointerup", (event) => this.release(event)); // Plotly covers the page while a zoom is drawn
    on(this.frame, "keydown", (event) => this.key(event));
  }

  remove() {
    window.Plotly?.purge(this.plot);
    this.figure.remove();
  }

  draw(Plotly, chart) {
    const { settings, texts, ui } = this.live;
    this.chart = chart;
    this.series = chart.lines.map((line) => ({ line, ...drawn(line, settings) }));
    this.title.textContent = chart.title;
    this.plot.setAttribute("aria-label", `${chart.title}: ${described(chart)}`);
    const isNew = !this.plot.data;
    Plotly.react(this.plot, traces(chart, settings), layoutOf(chart, settings, ui.live, texts), CONFIG);
    if (isNew) for (const moved of ["plotly_afterplot", "plotly_relayouting"]) this.plot.on(moved, () => this.placeLines());
    this.writeLegend();
    this.placeLines();
  }

  // ---- the pointer ---------------------------------------------------------------------------------------------

  placeAt(event) {
    const axis = this.plot._fullLayout?.xaxis;
    if (!axis) return null;
    const pixel = event.clientX - this.plot.getBoundingClientRect().left - axis._offset;
    return pixel >= -4 && pixel <= axis._length + 4 ? axis.p2l(pixel) : null;
  }

  visible() {
    return this.series.find(({ line, x }) => x.length && !this.live.settings.hidden.has(line.key));
  }

  /** The place of the nearest point that is drawn here. */
  snapped(place) {
    const line = this.visible();
    return place === null || !line ? null : line.x[nearest(line.x, place)];
  }

  release(event) {
    const { pressed } = this;
    this.pressed = null;
    if (!pressed || Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) > TAP_SLACK) return;
    const place = this.placeAt(event);
    this.live.point(this.snapped(place));
    this.pick(place);
  }

  pick(place) {
    const line = this.visible();
    const at = place === null || !line ? -1 : nearest(line.x, place);
    if (at >= 0) this.live.pick(line.line.track.name, line.points[at][0]);
  }

  key(event) {
    const line = this.visible();
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!line || (!step && event.key !== "Enter")) return;
    event.preventDefault();
    const now = this.live.cursor ?? line.x.at(-1);
    if (!step) return this.pick(now);
    const at = Math.min(line.x.length - 1, Math.max(0, nearest(line.x, now) + step));
    this.live.point(line.x[at]);
  }

  // ---- what follows the cursor ---------------------------------------------------------------------------------

  placeLines() {
    const { cursor, mark, live } = this;
    this.placeLine(cursor, live.cursor);
    this.placeLine(mark, live.markPlace());
    this.flag.textContent = live.mark ? live.mark.epoch + 1 : "";
  }

  placeLine(node, place) {
    const layout = this.plot._fullLayout;
    const pixel = place === null || !layout ? NaN : layout.xaxis.l2p(place);
    node.hidden = !(pixel >= -0.5 && pixel <= layout.xaxis._length + 0.5);
    if (node.hidden) return;
    const { t, b } = layout._size;
    Object.assign(node.style, { left: `${layout.xaxis._offset + pixel}px`, top: `${t}px`, bottom: `${b}px` });
  }

  /** A button a line, which shows and hides it; beside it the value at the cursor, at the mark, or the newest. */
  writeLegend() {
    const shape = JSON.stringify(this.series.map(({ line }) => [line.key, line.title, line.colour]));
    if (this.legendShape !== shape) {
      this.legendShape = shape;
      this.legend.replaceChildren(...this.series.map(({ line }) => this.entry(line)));
    }
    this.series.forEach(({ line }, nth) => {
      this.legend.children[nth].setAttribute("aria-pressed", !this.live.settings.hidden.has(line.key));
    });
    this.writeValues();
  }

  entry(line) {
    const swatch = made("i", "live-swatch");
    const style = { solid: "solid", dot: "dotted" }[line.dash ?? "solid"] ?? "dashed";
    swatch.style.borderTop = `3px ${style} ${line.colour}`;
    const name = Object.assign(made("span", "live-name"), { textContent: line.title, title: line.title });
    const button = made("button", "live-entry", [swatch, name, made("span", "live-value")]);
    button.type = "button";
    button.addEventListener("click", () => this.live.toggleLine(line.key));
    return button;
  }

  writeValues() {
    const place = this.live.cursor ?? this.live.markPlace();
    this.series.forEach(({ line, x, y }, nth) => {
      const at = place === null ? y.length - 1 : nearest(x, place);
      const isNaN = y[at] === null && gapIsNaN(line.name);
      const value = isNaN ? "NaN" : digits(y[at], this.chart.share ? 3 : this.chart.decimals);
      this.legend.children[nth].lastElementChild.textContent = value;
    });
  }
}
