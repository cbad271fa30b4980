/* Keys, as long as the pointer or the focus is in the scrubber. Streamlit has keys of its own: ours do not reach it. */
"use strict";

function pressed(scrubber, event) {
  const target = event.composedPath()[0];
  if (event.ctrlKey || event.metaKey || event.altKey || target.tagName === "SELECT") return;
  const action = actionOf(scrubber, event.key, target);
  if (!action) return;
  event.preventDefault();
  event.stopPropagation();
  action();
}

function actionOf(scrubber, key, target) {
  const { settings, ui, story } = scrubber;
  const isSlider = target.type === "range"; // it knows arrows and ends by itself
  const inForm = isSlider || target.type === "radio";
  const moves = {
    ArrowLeft: () => scrubber.step(-1),
    ArrowRight: () => scrubber.step(1),
    Home: () => scrubber.go(story.epochs[0]),
    End: () => scrubber.go(story.epochs.at(-1)),
  };
  if (key in moves) return inForm ? undefined : moves[key];
  if (key === " ") return target.tagName === "BUTTON" || target.type === "radio" ? undefined : () => scrubber.play(!scrubber.playing);
  if (/^[1-9]$/.test(key)) return Number(key) <= story.classes.length ? () => scrubber.choose(Number(key) - 1) : undefined;
  const fade = (step) => scrubber.set({ opacity: clamp(settings.opacity + step, 0, 1), overlay: true });
  const actions = {
    0: () => scrubber.set({ one: null, cell: null }),
    m: () => scrubber.set({ mode: MODES[(MODES.indexOf(settings.mode) + 1) % MODES.length] }),
    p: () => scrubber.set({ since: settings.since === scrubber.at ? "previous" : scrubber.at }),
    o: () => scrubber.set({ overlay: !settings.overlay }),
    "[": () => fade(-0.05),
    "]": () => fade(0.05),
    c: () => scrubber.set({ contour: !settings.contour, overlay: true }),
    "?": () => showKeys(scrubber, ui.keys.hidden),
  };
  return key === "Escape" ? escapeAction(scrubber) : actions[key.toLowerCase()];
}

/** Escape closes whatever is open, the newest first. */
function escapeAction(scrubber) {
  const { ui, settings } = scrubber;
  if (!ui.keys.hidden) return () => showKeys(scrubber, false);
  if (settings.cell) return () => scrubber.pin(null);
  return settings.large === null ? undefined : () => scrubber.enlarge(settings.large);
}

function showKeys({ ui }, shown) {
  ui.keys.hidden = !shown;
  ui.help.setAttribute("aria-expanded", shown);
}
