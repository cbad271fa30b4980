/* Which charts there are, and lines → Plotly.
 *
 * A chart is {name, title, lines, share, log, most, decimals, main}; a line is {track, name, title, colour, dash, key, …}. One run
 * has a colour for each quantity; of several runs each has its colour everywhere, and each quantity a chart of its own.
 * `uirevision` stays the same while the axis does, so new points never undo a reader's zoom.
 */
"use strict";

const TRAIN = "#d9822b";
const VAL = "#2a7fb8";
const OTHER = "#7a6fc4";
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash"]; // colour is never the only sign

function chartsOf(tracks, texts, chosenClass) {
  return tracks.length === 1 ? chartsOfOne(tracks[0], texts) : chartsOfSeveral(tracks, texts, chosenClass);
}

function chartsOfOne(track, texts) {
  const line = (name, colour, extra = {}) => ({ track, name, key: name, title: texts[name], colour, ...extra });
  const chart = (name, lines, extra = {}) => ({ name, title: texts[name], lines, ...extra });
  const classes = track.facts.classes.map((title, id) =>
    line(`iou.${id}`, readable(track.facts.colours[id] ?? [128, 128, 128]), { title, dash: DASHES[id % DASHES.length] }),
  );
  const train = { smooth: true };
  const scores = track.points.accuracy // a classification has no areas
    ? [chart("accuracy", [line("accuracy", VAL, { markers: true })], { share: true, main: true })]
    : [
        chart(
          "scores",
          [
            line("miou", VAL, { markers: true }),
            line("mean_dice", TRAIN, { dash: "dot", markers: true }),
            line("pixel_accuracy", OTHER, { dash: "dash", markers: true }),
          ],
          { share: true, main: true },
        ),
        chart("iou", classes, { share: true }),
      ];
  return [
    chart("loss", [line("train_loss", TRAIN, train), line("val_loss", VAL, { dash: "dash", markers: true })], { log: true, main: true }),
    ...scores,
    chart("rate", [line("rate", OTHER)], { log: true }),
    chart("gradient_norm", [line("gradient_norm", TRAIN, train)], { log: true }),
    chart("images_per_second", [line("images_per_second", VAL, train)], { decimals: 1 }),
    ...meterCharts(track, texts),
  ];
}

/** Meters have the numbers that the machine reports; those of one unit, the last word of the name, share a chart. */
function meterCharts(track, texts) {
  const units = {};
  for (const name of Object.keys(track.points).filter((name) => name.startsWith("meter."))) {
    const field = name.slice("meter.".length);
    const unit = field.split("_").at(-1);
    units[unit] ??= [];
    const nth = units[unit].length;
    const title = texts[`meter_${field}`] ?? field.replaceAll("_", " ");
    units[unit].push({ track, name, key: name, title, colour: [VAL, TRAIN, OTHER][nth % 3], dash: DASHES[nth % DASHES.length] });
  }
  return Object.entries(units).map(([unit, lines]) => {
    const title = texts[`meters_${unit}`] ?? texts.meters;
    return { name: `meters_${unit}`, title, lines, most: unit === "percent" ? 100 : undefined, decimals: 0 };
  });
}

function chartsOfSeveral(tracks, texts, chosenClass) {
  const chart = (name, extra = {}) => ({
    name,
    title: texts[name],
    lines: tracks.map((track) => lineOfRun(track, name, extra)).filter(Boolean),
    ...extra,
  });
  const train = { smooth: true, log: true };
  return [
    chart("val_loss", { log: true, markers: true, main: true }),
    chart("miou", { share: true, markers: true, main: true }),
    chart("iou", { share: true, markers: true, ofClass: chosenClass }),
    chart("train_loss", train),
    chart("mean_dice", { share: true, markers: true }),
    chart("pixel_accuracy", { share: true, markers: true }),
    chart("rate", { log: true }),
    chart("gradient_norm", train),
    chart("images_per_second", { smooth: true, decimals: 1 }),
  ];
}

function lineOfRun(track, name, { ofClass, markers, smooth }) {
  const id = ofClass === undefined ? undefined : track.facts.classes.indexOf(ofClass);
  if (id === -1) return null; // this run does not know the class
  const { colour, dash } = track;
  return { track, name: id === undefined ? name : `iou.${id}`, key: track.name, title: track.title, colour, dash, markers, smooth };
}

/** A class's colour; nearly black and nearly white become grey, which is seen on light and on dark paper. */
function readable([red, green, blue]) {
  const light = 0.3 * red + 0.59 * green + 0.11 * blue;
  return light < 60 || light > 225 ? "rgb(128,136,136)" : `rgb(${red},${green},${blue})`;
}

/** The points of a line that are drawn, on their axis: {x, y, points}. */
function drawn({ track, name }, { axis, window: epochs }) {
  const points = newest(track.points[name] ?? [], epochs, track.facts, track.lastStep());
  return { x: points.map((point) => placeOf(point, axis, track.facts)), y: points.map((point) => point[2]), points };
}

/** What Plotly draws of one chart. Names never go there: the legend is our own. */
function traces(chart, settings) {
  return chart.lines.flatMap((line) => {
    const { x, y } = drawn(line, settings);
    const style = { color: line.colour, width: 2, dash: line.dash };
    const common = { type: "scatter", x, connectgaps: false, visible: !settings.hidden.has(line.key) };
    const mode = line.markers || x.length < 2 ? "lines+markers" : "lines";
    const marks = crosses(line.name, x, y).map((cross) => ({ ...common, ...cross }));
    if (!line.smooth || !settings.memory) return [{ ...common, y, mode, line: style, marker: { size: 5 } }, ...marks];
    const raw = { ...common, y, mode: "lines", line: { ...style, width: 1 }, opacity: 0.4 };
    return [raw, { ...common, y: smoothed(y, settings.memory), mode, line: style, marker: { size: 5 } }, ...marks];
  });
}

/** A cross at every gap that is a NaN, at the height of the number before it. */
function crosses(name, x, y) {
  if (!gapIsNaN(name) || !y.includes(null)) return [];
  let height = y.find((value) => value !== null) ?? 1;
  const heights = y.map((value) => {
    height = value ?? height;
    return value === null ? height : null;
  });
  return [{ x, y: heights, mode: "markers", marker: { symbol: "x", size: 9, color: "#c0392b" } }];
}

/** The axes and colours of one chart. */
function layoutOf(chart, { axis, log, window: epochs }, root, texts) {
  const style = getComputedStyle(root);
  const ink = style.getPropertyValue("--st-text-color").trim() || "#1b2430";
  const grid = { gridcolor: mixed(ink, 0.12), zerolinecolor: mixed(ink, 0.22), linecolor: mixed(ink, 0.3), automargin: true };
  const unit = axis === "time" ? texts.minutes : texts[`axis_${axis}`];
  const logarithmic = log && Boolean(chart.log);
  const most = chart.share ? 1.02 : chart.most && chart.most * 1.02;
  return {
    uirevision: `${axis} ${epochs}`,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: style.fontFamily, size: 12, color: ink },
    margin: { l: 44, r: 10, t: 8, b: 36 },
    hovermode: false, // our linked cursor shows the values of all charts at once
    showlegend: false,
    xaxis: { ...grid, title: { text: unit, standoff: 6 }, zeroline: false, rangemode: epochs ? "normal" : "tozero" },
    yaxis: {
      ...grid,
      uirevision: `${axis} ${logarithmic}`,
      type: logarithmic ? "log" : "linear",
      exponentformat: "power",
      ...(most ? { range: [0, most], autorange: false } : { rangemode: logarithmic ? "normal" : "tozero" }),
    },
  };
}

/** A theme colour made see-through. */
function mixed(colour, share) {
  return /^#[0-9a-f]{6}$/i.test(colour) ? `${colour}${Math.round(share * 255).toString(16).padStart(2, "0")}` : colour;
}

/** One sentence about a chart, for those who do not see it: each line from its first to its last value. */
function described(chart) {
  const parts = chart.lines.map(({ track, name, title }) => {
    const values = (track.points[name] ?? []).map((point) => point[2]).filter((value) => value !== null);
    return values.length ? `${title} ${digits(values[0])} → ${digits(values.at(-1))}` : "";
  });
  return parts.filter(Boolean).join(", ");
}

const CONFIG = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d"] };

let library; // Plotly is fetched once a page, from our own server

function loadPlotly(address) {
  library ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      library = undefined; // so that the next one tries again
      reject(new Error(address));
    };
    document.head.append(script);
  });
  return library;
}
