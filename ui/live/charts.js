/* Lines → Plotly. `uirevision` stays the same while the axis does, so new points never undo a reader's zoom. */
"use strict";

const TRAIN = "#d9822b";
const VAL = "#2a7fb8";
const OTHER = "#7a6fc4";

/** The charts of a run: name, and for each line its name, title, colour, dash, and whether it is smoothed. */
function chartsOf({ classes, colours, texts }) {
  const line = (name, colour, extra = {}) => ({ name, title: texts[name], colour, ...extra });
  const dashes = ["solid", "dash", "dot", "dashdot", "longdash"];
  return [
    { name: "loss", log: true, lines: [line("train_loss", TRAIN, { smooth: true }), line("val_loss", VAL, { dash: "dash", markers: true })] },
    { name: "scores", share: true, lines: [line("miou", VAL, { markers: true }), line("pixel_accuracy", OTHER, { dash: "dash", markers: true })] },
    {
      name: "iou",
      share: true,
      lines: classes.map((title, id) => ({
        name: `iou.${id}`,
        title,
        colour: readable(colours[id] ?? [128, 128, 128]),
        dash: dashes[id % dashes.length], // colour is never the only sign
      })),
    },
    { name: "rate", log: true, lines: [line("rate", OTHER)] },
    { name: "gradient_norm", log: true, lines: [line("gradient_norm", TRAIN, { smooth: true })] },
  ];
}

/** A class's colour; nearly black and nearly white become grey, which is seen on light and on dark paper. */
function readable([red, green, blue]) {
  const light = 0.3 * red + 0.59 * green + 0.11 * blue;
  return light < 60 || light > 225 ? "rgb(128,136,136)" : `rgb(${red},${green},${blue})`;
}

/** What Plotly draws of one chart. */
function traces(chart, points, { axis, memory, scale }) {
  const drawn = [];
  for (const line of chart.lines) {
    const mine = points[line.name] ?? [];
    const x = mine.map((point) => placeOf(point, axis, scale));
    const y = mine.map((point) => point[2]);
    const style = { color: line.colour, width: 2, dash: line.dash };
    const smooth = line.smooth && memory > 0;
    // Names of classes come from strangers, and Plotly reads a few tags in its texts: none of theirs get through.
    const name = line.title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    const common = { type: "scatter", x, connectgaps: false };
    if (smooth) drawn.push({ ...common, y, mode: "lines", line: { ...style, width: 1 }, opacity: 0.45, showlegend: false, hoverinfo: "skip" });
    const mode = line.markers || mine.length < 2 ? "lines+markers" : "lines";
    drawn.push({ ...common, y: smooth ? smoothed(y, memory) : y, name, mode, line: style, marker: { size: 5 } });
  }
  return drawn;
}

/** The axes and colours of one chart. */
function layoutOf(chart, { axis, log, root, texts }) {
  const style = getComputedStyle(root);
  const colour = (name) => style.getPropertyValue(name).trim();
  const ink = colour("--st-text-color") || "#1b2430";
  const grid = { gridcolor: mixed(ink, 0.14), zerolinecolor: mixed(ink, 0.25), linecolor: mixed(ink, 0.3), automargin: true };
  const unit = axis === "time" ? texts.minutes : texts[`axis_${axis}`];
  const logarithmic = log && chart.log;
  return {
    uirevision: axis,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: style.fontFamily, size: 12, color: ink },
    margin: { l: 44, r: 8, t: 8, b: 36 },
    hovermode: "x unified",
    hoverlabel: { bgcolor: colour("--st-secondary-background-color"), bordercolor: mixed(ink, 0.3), font: { color: ink } },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    showlegend: chart.lines.length > 1,
    xaxis: { ...grid, title: { text: unit, standoff: 6 }, zeroline: false, rangemode: "tozero", hoverformat: axis === "step" ? "d" : ".2f" },
    yaxis: {
      ...grid,
      uirevision: `${axis} ${logarithmic}`,
      type: logarithmic ? "log" : "linear",
      hoverformat: chart.share ? ".3f" : ".4~g",
      exponentformat: "power",
      ...(chart.share ? { range: [0, 1.02], autorange: false } : { rangemode: logarithmic ? "normal" : "tozero" }),
    },
  };
}

/** A theme colour made see-through. */
function mixed(colour, share) {
  return /^#[0-9a-f]{6}$/i.test(colour) ? `${colour}${Math.round(share * 255).toString(16).padStart(2, "0")}` : colour;
}

/** One sentence about a chart, for those who do not see it: each line from its first to its last value. */
function described(chart, points) {
  const parts = chart.lines.map(({ name, title }) => {
    const values = (points[name] ?? []).map((point) => point[2]).filter((value) => value !== null);
    return values.length ? `${title} ${digits(values[0])} → ${digits(values.at(-1))}` : "";
  });
  return parts.filter(Boolean).join(", ");
}

const CONFIG = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["select2d", "lasso2d"] };

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
