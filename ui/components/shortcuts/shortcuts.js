/* Things that one does to the whole page: paste an image, press an arrow key.
 *
 * A pasted image goes to an uploader as if it had been chosen there, so it meets the same limits and the same checks.
 * A key presses a button. Both are left alone where they mean something else: in a field, on a slider, in a menu.
 */
"use strict";

const OWN_KEYS = "input, textarea, select, [contenteditable=true], [role=slider], [role=radio], [role=tab], [role=option]";
const listening = new WeakMap(); // the element that Streamlit gives us → what ends its listeners

const inside = (name, what) => document.querySelector(`.st-key-${CSS.escape(name)} ${what}`);

function pasted(event, uploader) {
  const images = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
  const input = inside(uploader, "input[type=file]");
  if (!images.length || !input) return;
  event.preventDefault();
  const given = new DataTransfer();
  for (const image of images) given.items.add(image);
  input.files = given.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function pressed(event, buttons) {
  const target = event.composedPath()[0];
  const name = buttons[event.key];
  if (!name || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (target instanceof Element && target.matches(OWN_KEYS)) return;
  const button = inside(name, "button");
  if (!button || button.disabled) return;
  event.preventDefault();
  button.click();
}

export default function ({ data, parentElement }) {
  listening.get(parentElement)?.abort();
  const ended = new AbortController();
  listening.set(parentElement, ended);
  const { signal } = ended;
  if (data.uploader) document.addEventListener("paste", (event) => pasted(event, data.uploader), { signal });
  document.addEventListener("keydown", (event) => pressed(event, data.buttons), { signal });
  return () => ended.abort();
}
