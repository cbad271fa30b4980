/* Everything in the viewer that is text or a control: brought in line with the viewer's state, never the other way.
 *
 * Names of classes, titles and messages enter the page as text nodes only, whatever they contain.
 */
"use strict";

const KEY_HELP = [
  ["O", "key_overlay"],
  ["[   ]", "key_opacity"],
  ["1 … 9", "key_solo"],
  ["0", "key_all"],
  ["C", "key_contour"],
  ["P", "key_patterns"],
  ["S", "key_swipe"],
  ["← ↑ → ↓", "key_pan"],
  ["⇧ ← ↑ → ↓", "key_point"],
  ["Enter", "key_ask"],
  ["+   −", "key_zoom"],
  ["Ctrl + ⇕", "key_wheel"],
  ["F", "key_fit"],
  ["?", "key_help"],
];

/** The texts of viewer.html, in the language that Python sent. */
function writeTexts({ root, ui, texts, data }) {
  for (const node of root.querySelectorAll("[data-text]")) node.textContent = texts[node.dataset.text];
  for (const node of root.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", texts[node.dataset.label]);
    if (node.tagName === "BUTTON") node.title = texts[node.dataset.label];
  }
  const line = ([keys, text]) =>
    element("div", {}, element("dt", { text: keys }), element("dd", { text: texts[text] }));
  const useful = KEY_HELP.filter(([, text]) => text !== "key_ask" || data.askPixel);
  ui.keysList.replaceChildren(...useful.map(line));
}

/** All controls, after a setting or a layer changed. */
function writeState(viewer) {
  const { ui, settings } = viewer;
  writeSlider(ui.opacity, ui.opacityValue, settings.overlay ? settings.opacity : 0);
  writeSlider(ui.threshold, ui.thresholdValue, settings.below);
  for (const name of ["contour", "swipe", "patterns"]) ui[name].setAttribute("aria-pressed", settings[name]);
  ui.fullscreen.hidden = !document.fullscreenEnabled;
  writeSwipe(viewer);
  writeModes(viewer);
  writeClasses(viewer);
  writeLegend(viewer);
  writeLoading(viewer);
}

function writeSlider(input, output, share) {
  input.value = Math.round(share * 100);
  input.style.setProperty("--at", `${(100 * input.value) / input.max}%`);
  output.textContent = percent(share);
}

function writeLoading(viewer) {
  const { ui, texts, layers, failures } = viewer;
  const [failed] = Object.keys(failures);
  ui.sorry.hidden = !failed;
  ui.sorryText.textContent = failed ? `${texts[`failed_${failed}`]} (${failures[failed]})` : "";
  ui.skeleton.hidden = Boolean(layers.image || failed);
  ui.stage.setAttribute("aria-busy", !failed && !(layers.image && layers.maps));
  ui.stage.setAttribute("aria-label", summary(viewer));
}

/** The mask in one sentence, for people who do not see it. */
function summary(viewer) {
  const { data, texts, areas, layers } = viewer;
  if (!layers.maps) return texts.loading;
  const parts = viewer
    .present()
    .filter((id) => areas[id])
    .sort((a, b) => areas[b] - areas[a])
    .map((id) => `${data.classes[id]} ${percent(areas[id] / (data.width * data.height))}`);
  return `${texts.summary} ${parts.join(texts.separator)}`;
}

function writeSwipe(viewer) {
  const { ui, settings, texts, data } = viewer;
  const sides = viewer.leftSides();
  const chosen = sides.find(([value]) => value === settings.left);
  ui.handle.hidden = ui.leftTitle.hidden = ui.rightTitle.hidden = !settings.swipe;
  ui.leftRow.hidden = !settings.swipe || sides.length < 2;
  if ([...ui.left.options].map((option) => option.text).join("\n") !== sides.map(([, text]) => text).join("\n")) {
    ui.left.replaceChildren(...sides.map(([value, text]) => element("option", { value, text })));
  }
  ui.left.value = settings.left;
  ui.leftTitle.textContent = chosen[1];
  ui.rightTitle.textContent =
    settings.mode === "classes" ? (data.title ?? texts.prediction) : texts[`mode_${settings.mode}`];
}

function writeModes(viewer) {
  const { ui, texts, settings } = viewer;
  const modes = viewer.modes();
  const shown = [...ui.modes.querySelectorAll("input")].map((input) => input.value);
  if (shown.join() !== modes.join()) {
    const radio = (value) =>
      element("label", {}, element("input", { type: "radio", name: "mode", value }), element("span"));
    ui.modes.replaceChildren(...modes.map(radio));
  }
  for (const input of ui.modes.querySelectorAll("input")) {
    input.checked = input.value === settings.mode;
    input.nextElementSibling.textContent = texts[`mode_${input.value}`];
  }
}

function writeClasses(viewer) {
  const { ui, settings, data, texts, areas } = viewer;
  const present = viewer.present();
  const rows = JSON.stringify([present, data.classes, texts.solo]);
  if (viewer.rows !== rows) {
    viewer.rows = rows;
    ui.classes.replaceChildren(...present.map((id, nth) => classRow(viewer, id, nth)));
  }
  for (const row of ui.classes.children) {
    const id = Number(row.dataset.id);
    const [toggle, solo] = row.querySelectorAll("button");
    const share = areas[id] / (data.width * data.height);
    toggle.setAttribute("aria-pressed", viewer.isShown(id));
    solo.setAttribute("aria-pressed", settings.solo === id);
    row.querySelector(".share").textContent = percent(share);
    row.style.setProperty("--share", share);
    row.style.setProperty("--colour", cssColour(data.colours[id]));
    paintSwatch(row.querySelector("canvas"), data.colours[id], viewer.pattern(id));
  }
  const absent = data.classes.filter((_, id) => !present.includes(id));
  ui.absent.textContent = present.length && absent.length ? `${texts.absent} ${absent.join(texts.separator)}` : "";
  ui.clear.hidden = viewer.showsAll();
}

function classRow(viewer, id, nth) {
  const { data, texts } = viewer;
  const toggle = element(
    "button",
    { class: "class", title: texts.toggle },
    element("canvas", { class: "swatch", "aria-hidden": "true" }),
    element("span", { class: "name", text: data.classes[id] }),
    element("span", { class: "share" }),
    element("kbd", { "aria-hidden": "true", text: nth < 9 ? nth + 1 : "" }),
  );
  const solo = element("button", {
    class: "solo",
    text: texts.solo,
    title: texts.solo_hint,
    "aria-label": `${texts.solo}: ${data.classes[id]}`,
  });
  toggle.addEventListener("click", () => viewer.toggleClass(id));
  solo.addEventListener("click", () => viewer.soloClass(id));
  return element("li", { "data-id": id }, toggle, solo);
}

function writeLegend(viewer) {
  const { ui, settings, layers } = viewer;
  const scale = { confidence: CIVIDIS, uncertainty: VIRIDIS }[settings.mode];
  const errors = settings.mode === "errors" && layers.maps && layers.truth;
  ui.legend.hidden = !scale && !errors;
  if (scale) {
    const style = `background: linear-gradient(90deg, ${scale.map((hex) => `#${hex}`)})`;
    const ends = [0, 1].map((share) => element("span", { text: percent(share) }));
    ui.legend.replaceChildren(ends[0], element("span", { class: "ramp", style }), ends[1]);
  } else if (errors) writeErrorLegend(viewer);
}

function writeErrorLegend(viewer) {
  const { ui, texts, settings, data } = viewer;
  const [right, falsePositive, falseNegative] = verdictColours(data.colours);
  const { tp, fp, fn, counted } = verdict(viewer.joint, settings.solo);
  const whole = settings.solo === null;
  const entries = [
    [whole ? texts.right : texts.tp, right, 0, tp],
    [whole ? texts.wrong : texts.fp, falsePositive, 0, fp],
    [texts.fn, falseNegative, HATCH, fn],
  ].slice(0, whole ? 2 : 3);
  const nodes = entries.map(([text, colour, pattern, pixels]) => {
    const swatch = element("canvas", { class: "swatch", "aria-hidden": "true" });
    paintSwatch(swatch, colour, pattern);
    const words = `${text} ${counted ? percent(pixels / counted) : "—"}`;
    return element("span", { class: "entry" }, swatch, element("span", { text: words }));
  });
  const union = tp + fp + fn;
  const iou = element("span", { class: "entry", text: `${texts.iou} ${union ? (tp / union).toFixed(3) : "—"}` });
  const note = element("span", { class: "note", text: texts.errors_hint });
  const remark = data.note ? [element("span", { class: "remark", text: data.note })] : [];
  ui.legend.replaceChildren(...nodes, whole ? note : iou, ...remark);
}

/** What moves with the view: the zoom's number, the swipe's handle and titles, the ring around the pinned pixel. */
function writePlaces({ ui, view, pinned, fitted, layers, settings }) {
  ui.zoomValue.textContent = percent(view.scale);
  ui.zoomOut.disabled = fitted;
  ui.stage.classList.toggle("zoomed", !fitted);
  ui.stage.style.setProperty("--split", settings.split);
  ui.stage.style.setProperty("--margin", `${Math.max(0, view.x)}px`); // beside a photo that is taller than its frame
  ui.handle.setAttribute("aria-valuenow", Math.round(settings.split * 100));
  ui.cross.hidden = !pinned || !layers.maps;
  if (!pinned) return;
  const [x, y] = [view.x + (pinned.col + 0.5) * view.scale, view.y + (pinned.row + 0.5) * view.scale];
  ui.cross.style.transform = `translate(${x}px, ${y}px)`;
}

/** The read-out; `found` is what Viewer.reading() returns. */
function writeReading({ ui }, found) {
  ui.hint.hidden = Boolean(found);
  ui.readingList.hidden = !found;
  if (!found) {
    ui.near.hidden = true;
    return;
  }
  ui.readDot.style.background = found.colour;
  ui.readClass.textContent = found.name;
  ui.readConfidence.textContent = found.confidence;
  ui.readRunnerUp.textContent = found.runnerUp;
  ui.readUncertainty.textContent = found.uncertainty;
  ui.readTruth.textContent = found.truth;
  ui.readUncertaintyBox.hidden = !found.uncertainty;
  ui.readTruthBox.hidden = !found.truth;
  ui.readPlace.textContent = `${found.col}, ${found.row}`;
  ui.near.firstElementChild.style.background = found.colour;
  ui.near.lastElementChild.textContent = `${found.name} ${found.confidence}`;
}
