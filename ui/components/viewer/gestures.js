/* Mouse, touch and keys → calls on the viewer.
 *
 * One finger or the mouse drags the photo once it is larger than its frame; before that a finger scrolls the page.
 * Two fingers pinch. A press that hardly moves is a tap: it pins the read-out. The wheel zooms with Ctrl only, because
 * without it people want to scroll past.
 */
"use strict";

const ZOOM_STEP = 1.5;
const PAN_STEP = 60; // CSS pixels a key press
const SWIPE_STEP = 0.02; // of the width, a key press
const OPACITY_STEP = 0.05;
const TAP_SLACK = 6; // CSS pixels that a tap may travel
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function listen(viewer, signal) {
  const { ui } = viewer;
  const on = (node, type, react, options) => node.addEventListener(type, react, { signal, ...options });
  on(ui.zoomIn, "click", () => viewer.zoom(ZOOM_STEP));
  on(ui.zoomOut, "click", () => viewer.zoom(1 / ZOOM_STEP));
  on(ui.fit, "click", () => viewer.fit());
  on(ui.fullscreen, "click", () => viewer.toggleFullscreen());
  on(ui.help, "click", () => showKeys(viewer, ui.keys.hidden));
  on(ui.keysClose, "click", () => showKeys(viewer, false));
  on(ui.retry, "click", () => viewer.load());
  on(ui.opacity, "input", () => viewer.set({ opacity: ui.opacity.value / 100, overlay: true }));
  on(ui.threshold, "input", () => viewer.set({ below: ui.threshold.value / 100 }));
  for (const name of ["contour", "swipe", "patterns"]) on(ui[name], "click", () => viewer.toggle(name));
  on(ui.left, "change", () => viewer.set({ left: ui.left.value }));
  on(ui.clear, "click", () => viewer.showAll());
  on(ui.modes, "change", (event) => viewer.set({ mode: event.target.value }));
  on(ui.viewer, "keydown", (event) => press(viewer, event));
  on(ui.stage, "wheel", (event) => wheel(viewer, event), { passive: false });
  on(ui.stage, "pointerenter", (event) => borrowFocus(ui.stage, event));
  on(ui.canvas, "pointerdown", (event) => grab(viewer, event));
  on(ui.canvas, "pointermove", (event) => move(viewer, event));
  on(ui.canvas, "pointerup", (event) => release(viewer, event));
  on(ui.canvas, "pointercancel", (event) => forget(viewer, event));
  on(ui.canvas, "pointerleave", () => viewer.read(viewer.pinned));
  on(ui.handle, "pointerdown", (event) => ui.handle.setPointerCapture(event.pointerId));
  on(ui.handle, "pointermove", (event) => {
    if (ui.handle.hasPointerCapture(event.pointerId)) viewer.swipeTo(locate(viewer, event).x / ui.stage.clientWidth);
  });
}

/** Keys work as soon as the mouse is over the photo, unless the focus is in use elsewhere. */
function borrowFocus(stage, { pointerType }) {
  if (pointerType !== "mouse" || document.activeElement !== document.body) return;
  stage.focus({ preventScroll: true, focusVisible: false });
}

/** Where the pointer is in the stage, and the photo pixel that is drawn there (null beside the photo). */
function locate({ ui, view, data, paper }, event) {
  const box = ui.stage.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const middle = (at) => (Math.floor(at * paper.ratio) + 0.5) / paper.ratio; // of the canvas pixel under the pointer
  const col = Math.floor((middle(x) - view.x) / view.scale);
  const row = Math.floor((middle(y) - view.y) / view.scale);
  const inside = row >= 0 && col >= 0 && row < data.height && col < data.width;
  return { x, y, pixel: inside ? { row, col } : null };
}

function wheel(viewer, event) {
  if (!event.ctrlKey && !event.metaKey && !viewer.root.fullscreenElement) return;
  event.preventDefault();
  const { x, y } = locate(viewer, event);
  const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
  viewer.zoom(Math.exp(-clamp(event.deltaY * lines, -200, 200) / 300), x, y);
}

function grab(viewer, event) {
  viewer.ui.canvas.setPointerCapture(event.pointerId);
  viewer.pointers.set(event.pointerId, { ...locate(viewer, event), travelled: 0 });
}

function move(viewer, event) {
  const before = viewer.pointers.get(event.pointerId);
  const now = locate(viewer, event);
  if (!before) return hover(viewer, event, now);
  const [other] = [...viewer.pointers].filter(([id]) => id !== event.pointerId).map(([, held]) => held);
  if (other) pinch(viewer, before, now, other);
  else if (!viewer.fitted) viewer.pan(now.x - before.x, now.y - before.y);
  const step = Math.hypot(now.x - before.x, now.y - before.y) + (other ? TAP_SLACK : 0); // a pinch is never a tap
  viewer.pointers.set(event.pointerId, { ...now, travelled: before.travelled + step });
  viewer.ui.stage.classList.toggle("dragging", !viewer.fitted);
}

function pinch(viewer, before, now, other) {
  const apart = (held) => Math.max(10, Math.hypot(held.x - other.x, held.y - other.y));
  viewer.zoom(apart(now) / apart(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
  viewer.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
}

function forget(viewer, event) {
  viewer.pointers.delete(event.pointerId);
  viewer.ui.stage.classList.remove("dragging");
}

function release(viewer, event) {
  const held = viewer.pointers.get(event.pointerId);
  forget(viewer, event);
  if (!held || held.travelled > TAP_SLACK) return;
  const { pixel } = locate(viewer, event);
  viewer.pin(pixel);
  if (pixel && viewer.data.askPixel) viewer.send("pixel", pixel);
}

function hover(viewer, event, { x, y, pixel }) {
  viewer.read(pixel);
  const { near, stage } = viewer.ui;
  near.hidden = event.pointerType !== "mouse" || !viewer.reading();
  const [leftwards, upwards] = [x > stage.clientWidth - 190, y > stage.clientHeight - 60];
  near.style.transform =
    `translate(${x + (leftwards ? -14 : 14)}px, ${y + (upwards ? -14 : 16)}px) ` +
    `translate(${leftwards ? -100 : 0}%, ${upwards ? -100 : 0}%)`;
}

function press(viewer, event) {
  const target = event.composedPath()[0];
  if (event.ctrlKey || event.metaKey || event.altKey || target.tagName === "SELECT") return;
  const onPicture = target === viewer.ui.stage || target === viewer.ui.handle;
  if (event.key === "Enter" && target !== viewer.ui.stage) return; // it presses the button that has the focus
  const action = event.key in ARROWS ? onPicture && arrowAction(viewer, event) : keyAction(viewer, event.key);
  if (!action) return;
  event.preventDefault();
  event.stopPropagation(); // Streamlit has keys of its own: C would open a dialog that clears the cache
  action();
}

function arrowAction(viewer, { key, shiftKey }) {
  const [right, down] = ARROWS[key];
  if (shiftKey) return () => viewer.movePoint(down, right);
  if (viewer.settings.swipe && right) return () => viewer.swipeTo(viewer.settings.split + right * SWIPE_STEP);
  if (viewer.fitted) return undefined; // nothing to move: the page scrolls, or shows the next photo
  return () => viewer.pan(-right * PAN_STEP, -down * PAN_STEP);
}

/** What a key does here; undefined if nothing. */
function keyAction(viewer, key) {
  const { settings, ui } = viewer;
  const fade = (step) => viewer.set({ opacity: clamp(settings.opacity + step, 0, 1), overlay: true });
  const nth = /^[1-9]$/.test(key) ? viewer.present()[key - 1] : undefined;
  if (nth !== undefined) return () => viewer.soloClass(nth);
  const actions = {
    o: () => viewer.set({ overlay: !settings.overlay }),
    "[": () => fade(-OPACITY_STEP),
    "]": () => fade(OPACITY_STEP),
    0: () => viewer.showAll(),
    c: () => viewer.toggle("contour"),
    s: () => viewer.toggle("swipe"),
    p: () => viewer.toggle("patterns"),
    "+": () => viewer.zoom(ZOOM_STEP),
    "=": () => viewer.zoom(ZOOM_STEP),
    "-": () => viewer.zoom(1 / ZOOM_STEP),
    f: () => viewer.fit(),
    "?": () => showKeys(viewer, ui.keys.hidden),
    enter: viewer.data.askPixel && (() => viewer.askAbout()),
  };
  return key === "Escape" && !ui.keys.hidden ? () => showKeys(viewer, false) : actions[key.toLowerCase()];
}

function showKeys({ ui }, shown) {
  ui.keys.hidden = !shown;
  ui.help.setAttribute("aria-expanded", shown);
  (shown ? ui.keysClose : ui.stage).focus({ preventScroll: true });
}
