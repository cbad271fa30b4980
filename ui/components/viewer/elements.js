/* Small makers: of elements, and of numbers as people read them. */
"use strict";

const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

/** A share of 1 as per cent, with a decimal where the number is small: 41 %, 0.4 %, < 0.1 %. */
function percent(share) {
  const value = share * 100;
  if (value > 0 && value < 0.1) return "< 0.1\u202f%";
  return `${value < 10 && value % 1 ? value.toFixed(1) : Math.round(value)}\u202f%`;
}

/** A new element; `text` becomes its text node, everything else an attribute. */
function element(tag, { text, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}
