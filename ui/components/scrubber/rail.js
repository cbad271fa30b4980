/* The slider and what lies behind it: the mean IoU of all epochs, the best one, and the one that is compared with. */
"use strict";

const SPEEDS = [1, 2, 4, 8]; // epochs a second

/** Slider, curve and marks, after the epochs or the place among them changed. */
function writeRail({ ui, story, at, texts, playing, settings }, since) {
  const { epochs, scores } = story;
  const index = Math.max(0, epochs.indexOf(at));
  const last = Math.max(1, epochs.length - 1);
  ui.slider.max = Math.max(0, epochs.length - 1);
  ui.slider.value = index;
  ui.slider.disabled = epochs.length < 2;
  const miou = scores.get(at)?.miou;
  const place = filled(texts.epoch_of, { epoch: at === null ? "—" : at + 1, epochs: epochs.length ? epochs.at(-1) + 1 : "—" });
  ui.slider.setAttribute("aria-valuetext", `${place}, ${texts.miou} ${threeDigits(miou)}`);
  ui.now.textContent = place;
  drawSpark(ui.spark, epochs.map((epoch) => scores.get(epoch).miou), last);
  const placeMark = (node, epoch) => {
    const nth = epochs.indexOf(epoch);
    node.hidden = nth < 0 || epochs.length < 2;
    node.style.left = `${(100 * nth) / last}%`;
  };
  const best = epochs.reduce((top, epoch) => ((scores.get(epoch).miou ?? -1) > (scores.get(top)?.miou ?? -1) ? epoch : top), epochs[0]);
  placeMark(ui.best, best);
  placeMark(ui.pin, settings.since === "previous" ? -1 : since);
  placeMark(ui.here, at);
  ui.back.disabled = index === 0;
  ui.next.disabled = index >= epochs.length - 1;
  ui.play.disabled = epochs.length < 2;
  ui.play.setAttribute("aria-label", playing ? texts.pause : texts.play);
  ui.play.title = playing ? texts.pause : texts.play;
  ui.play.classList.toggle("playing", playing);
}

function drawSpark(svg, values, last) {
  const top = Math.max(0.05, ...values.map((value) => value ?? 0));
  const known = values.map((value, i) => [(1000 * i) / last, value === null ? null : 100 - (92 * value) / top]).filter(([, y]) => y !== null);
  const line = known.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  const [area, stroke] = svg.querySelectorAll("path");
  stroke.setAttribute("d", line);
  area.setAttribute("d", known.length > 1 ? `${line}L${known.at(-1)[0]} 100L${known[0][0]} 100Z` : "");
}

const threeDigits = (value) => (typeof value === "number" ? value.toFixed(3) : "—");

/** Mean IoU, Dice, accuracy, loss of this epoch and by how much they changed. */
function writeFacts({ ui, texts }, now, before) {
  const facts = [
    ["miou", 1],
    ["mean_dice", 1],
    ["pixel_accuracy", 1],
    ["loss", -1],
  ].map(([name, good]) => {
    const change = element("span", { class: "change" });
    writeChange(change, now?.[name], before?.[name], good);
    const value = element("dd", {}, element("b", { text: threeDigits(now?.[name]) }), change);
    return element("div", {}, element("dt", { text: texts[name] }), value);
  });
  ui.facts.replaceChildren(...facts);
}
