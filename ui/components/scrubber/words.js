/* Everything that is text or a control: brought in line with the state, never the other way.
 *
 * Names of classes, samples and runs enter the page as text nodes only, whatever they contain.
 */
"use strict";

const KEY_HELP = [
  ["← →", "key_step"],
  ["Space", "key_play"],
  ["Home End", "key_ends"],
  ["M", "key_mode"],
  ["P", "key_pin"],
  ["1 … 9", "key_class"],
  ["0", "key_all"],
  ["O", "key_overlay"],
  ["[  ]", "key_opacity"],
  ["C", "key_contour"],
  ["?", "key_help"],
];

/** A text with its %names filled in. */
const filled = (text, values) => text.replace(/%([a-z]+)/g, (whole, name) => values[name] ?? whole);

/** What never changes while the language does not. */
function writeTexts({ root, ui, texts }) {
  for (const node of root.querySelectorAll("[data-text]")) node.textContent = texts[node.dataset.text];
  for (const node of root.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", texts[node.dataset.label]);
    if (node.tagName === "BUTTON") node.title = texts[node.dataset.label];
  }
  const line = ([keys, text]) => element("div", {}, element("dt", { text: keys }), element("dd", { text: texts[text] }));
  ui.keysList.replaceChildren(...KEY_HELP.map(line));
  const radio = (mode) => element("label", {}, element("input", { type: "radio", name: "mode", value: mode }), element("span", { text: texts[`mode_${mode}`] }));
  ui.modes.replaceChildren(...MODES.map(radio));
  writeOptions(ui.speed, SPEEDS.map((speed) => [speed, filled(texts.per_second, { speed })]));
}

/** The options of a select; left alone while they are the same, so that an open list stays open. */
function writeOptions(select, options) {
  const shape = JSON.stringify(options);
  if (select.dataset.shape === shape) return;
  select.dataset.shape = shape;
  select.replaceChildren(...options.map(([value, text, disabled]) => Object.assign(new Option(text, value), { disabled: Boolean(disabled) })));
}

function writeControls(scrubber) {
  const { ui, settings, story, texts } = scrubber;
  for (const input of ui.modes.querySelectorAll("input")) input.checked = input.value === settings.mode;
  writeOptions(ui.one, [["", texts.all_classes], ...story.classes.map((name, id) => [id, name])]);
  ui.one.value = settings.one ?? "";
  writeOptions(ui.since, [["previous", texts.since_previous], ...story.epochs.map((epoch) => [epoch, filled(texts.since_epoch, { epoch: epoch + 1 })])]);
  ui.since.value = settings.since;
  writeOptions(ui.against, rivalOptions(scrubber));
  ui.against.value = settings.against ?? "";
  const opacity = settings.overlay ? settings.opacity : 0;
  ui.opacity.value = Math.round(opacity * 100);
  ui.opacityValue.textContent = percent(opacity);
  ui.contour.setAttribute("aria-pressed", settings.contour);
  ui.split.value = Math.round(settings.split * 100);
  ui.splitRow.hidden = !scrubber.isSwiped();
  ui.speed.value = settings.speed;
  writeLive(scrubber);
}

function rivalOptions({ rivals, settings, texts }) {
  const good = rivals.filter(({ why }) => !why).map(({ name, title }) => [name, title ?? name]);
  const bad = rivals.filter(({ why }) => why).map(({ name, title, why }) => [name, `${title ?? name} — ${texts[`differs_${why}`]}`, true]);
  const chosen = settings.against && !good.some(([name]) => name === settings.against) ? [[settings.against, titleOf(rivals, settings.against)]] : [];
  return [["", texts.nobody], ...chosen, ...good, ...bad];
}

function writeLive({ ui, story, texts, live }) {
  const word = story.problem || (story.hasEnded() ? (live ? "at_end" : "to_end") : live ? "live" : "to_live");
  ui.live.dataset.state = story.problem ? "broken" : live && !story.hasEnded() ? "live" : "still";
  ui.liveText.textContent = texts[word];
  ui.live.setAttribute("aria-pressed", live);
  ui.live.disabled = live;
}

/** Messages instead of the scrubber, or beside it, if something is missing. */
function writeNotes(scrubber) {
  const { ui, story, texts, settings } = scrubber;
  const none = !story.epochs.length;
  const why = story.problem === "gone" ? "gone" : story.state === null ? "loading" : story.hasEnded() ? "never" : "waiting";
  ui.empty.hidden = !none;
  ui.empty.textContent = none ? texts[why] : "";
  for (const part of ["transport", "facts", "body"]) ui[part].hidden = none;
  ui.picturesNote.hidden = story.samples.length > 0;
  ui.picturesNote.textContent = story.shows ? texts.no_samples_yet : texts.no_samples;
  const note = settings.against ? rivalNote(scrubber) : "";
  ui.rivalNote.hidden = !note;
  ui.rivalNote.textContent = note;
}

/** The name of another run for people. */
function titleOf(rivals, name) {
  return rivals.find((rival) => rival.name === name)?.title ?? name;
}

function rivalNote(scrubber) {
  const { rival, story, texts, at, cards } = scrubber;
  if (!rival || rival.state === null) return texts.loading;
  const names = { a: scrubber.title, b: titleOf(scrubber.rivals, rival.name) };
  if (rival.problem === "gone") return filled(texts.rival_gone, names);
  if (rival.classes.join("\n") !== story.classes.join("\n")) return filled(texts.rival_classes, names);
  const shared = cards.filter(({ sample }) => rival.samples.some(({ id }) => id === sample.id)).length;
  if (!shared) return filled(texts.rival_samples, names);
  const epoch = scrubber.rivalEpoch();
  const which = epoch === at ? "rival" : "rival_other";
  const some = shared < cards.length ? ` ${filled(texts.rival_some, { shared, all: cards.length })}` : "";
  return filled(texts[which], { ...names, epoch: (epoch ?? 0) + 1, miou: threeDigits(rival.scores.get(epoch)?.miou), mine: threeDigits(story.scores.get(at)?.miou) }) + some;
}

// ---- legend ----------------------------------------------------------------------------------------------------

/** What the colours mean and how many pixels they cover on the samples; of two runs, a line each. */
function writeLegend(scrubber) {
  const { ui, cards, settings } = scrubber;
  const cell = scrubber.cell();
  const counts = cell || settings.mode === "errors" || settings.mode === "flips"; // else both sides have the same colours
  const sides = [["A", cards.map((card) => card.own())]];
  if (counts && scrubber.isSwiped()) sides.push(["B", cards.map((card) => card.others()).filter(Boolean)]);
  const lines = sides.map(([name, layers]) => {
    const tag = sides.length > 1 ? [element("b", { class: "side", text: name })] : [];
    return element("div", { class: "line" }, ...tag, ...legendOf(scrubber, layers, cell));
  });
  if (settings.cell && cell === settings.cell) {
    const clear = element("button", { class: "switch small", text: scrubber.texts.show_all });
    clear.addEventListener("click", () => scrubber.pin(null));
    lines[0].append(clear);
  }
  ui.legend.replaceChildren(...lines);
}

function legendOf(scrubber, sides, cell) {
  const { texts, settings, story } = scrubber;
  const { mode, one } = settings;
  const judged = sides.filter(({ labels, truth }) => labels && truth);
  if (cell) {
    const pixels = judged.reduce((sum, { labels, truth }) => sum + pixelsOfCell(labels, truth, cell), 0);
    const [right, wrong] = verdictColours(story.colours);
    const colour = cell.truth === cell.label ? right : wrong;
    const names = { actual: story.classes[cell.truth], label: story.classes[cell.label], pixels: pixels.toLocaleString() };
    return [entry(colour, 0, filled(texts.cell_here, names))];
  }
  if (!judged.length) return [];
  const colours = verdictColours(story.colours);
  if (mode === "errors") return errorLegend(texts, colours, added(judged.map(({ labels, truth }) => outcomesOf(labels, truth, one))), one);
  if (mode === "flips") return flipLegend(texts, colours, judged);
  if (mode === "confidence") {
    const style = `background: linear-gradient(90deg, ${CIVIDIS.map((hex) => `#${hex}`)})`;
    return [element("span", { text: `${texts.unsure} 0\u202f%` }), element("span", { class: "ramp", style }), element("span", { text: `100\u202f% ${texts.sure}` })];
  }
  const seen = new Set(judged.flatMap(({ labels, truth }) => [...new Set(mode === "truth" ? truth : labels)]));
  const ids = story.classes.map((_, id) => id).filter((id) => seen.has(id) && (one === null || one === id));
  return ids.map((id) => entry(story.colours[id] ?? [128, 128, 128], 0, story.classes[id], id === scrubber.look().background));
}

function errorLegend(texts, [right, wrong, missed], { tp, fp, fn, counted }, one) {
  const share = (pixels) => (counted ? ` ${percent(pixels / counted)}` : "");
  if (one === null) return [entry(right, 0, texts.right + share(tp)), entry(wrong, 0, texts.wrong + share(fp))];
  const union = tp + fp + fn;
  return [
    entry(right, 0, `${texts.tp} ${tp.toLocaleString()}`),
    entry(wrong, 0, `${texts.fp} ${fp.toLocaleString()}`),
    entry(missed, HATCH, `${texts.fn} ${fn.toLocaleString()}`),
    element("span", { class: "sum", text: `${texts.iou_here} ${union ? (tp / union).toFixed(3) : "—"}` }),
  ];
}

function flipLegend(texts, [right, wrong, lost], judged) {
  const known = judged.filter(({ flipCounts }) => flipCounts);
  if (!known.length) return [element("span", { class: "note", text: texts.no_before })];
  const [, gained, lostPixels, stillWrong] = Object.values(added(known.map(({ flipCounts }) => flipCounts)));
  const net = gained - lostPixels;
  return [
    entry(right, 0, `${texts.gained} ${gained.toLocaleString()}`, false, "gained"),
    entry(lost, HATCH, `${texts.lost} ${lostPixels.toLocaleString()}`, false, "lost"),
    entry(wrong, 0, `${texts.still_wrong} ${stillWrong.toLocaleString()}`, false, "wrong"),
    element("span", { class: "sum", text: filled(texts.net, { net: `${net > 0 ? "+" : net < 0 ? "−" : "± "}${Math.abs(net).toLocaleString()}` }) }),
  ];
}

function entry(colour, pattern, text, isFaint = false, name = "") {
  const swatch = element("canvas", { class: "swatch", "aria-hidden": "true" });
  paintSwatch(swatch, colour, pattern);
  return element("span", { class: `entry${isFaint ? " faint" : ""}`, "data-entry": name }, swatch, element("span", { text }));
}
