/* One run → one row. All texts are text nodes, whatever they contain. */
"use strict";

const COLUMNS = ["state", "name", "model", "data", "best", "epoch", "left", "speed", "device", "made", "size"];
const NUMBERS = ["best", "epoch", "left", "speed", "size"];

/** An element with properties and children. */
function made(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Change a text only if it differs: screen readers then announce changes only. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

class Row {
  constructor(name) {
    this.name = name;
    this.tick = made("input", { type: "checkbox" });
    this.star = made("button", { type: "button", className: "roster-star" });
    this.cells = Object.fromEntries(COLUMNS.map((column) => [column, made("td", { className: `roster-${column}` })]));
    for (const column of NUMBERS) this.cells[column].classList.add("roster-number");
    this.link = made("a", { className: "roster-link", });
    this.note = made("span", { className: "roster-note" });
    this.tags = made("span", { className: "roster-tags" });
    this.cells.name.append(this.link, this.note, this.tags);
    this.bar = made("span", { className: "roster-fill" });
    this.epoch = made("span");
    this.cells.epoch.append(this.epoch, made("span", { className: "roster-bar-line", ariaHidden: "true" }, this.bar));
    this.word = made("span", { className: "roster-word" });
    this.cells.state.append(this.word);
    this.element = made(
      "tr",
      {},
      made("td", { className: "roster-tick" }, made("label", {}, this.tick)),
      made("td", { className: "roster-starred" }, this.star),
      ...COLUMNS.map((column) => this.cells[column]),
    );
    this.element.dataset.run = name;
  }

  fill(facts, texts, isTicked, address) {
    for (const column of ["model", "data", "best", "left", "speed", "device", "made", "size"]) {
      say(this.cells[column], facts[column]);
      this.cells[column].dataset.label = texts[column];
    }
    this.cells.epoch.dataset.label = texts.epoch;
    say(this.word, facts.state);
    this.word.dataset.tone = facts.tone;
    say(this.epoch, facts.epoch);
    this.bar.style.width = `${(100 * Math.min(1, facts.share)).toFixed(1)}%`;
    say(this.note, facts.note);
    if (this.said !== facts.tags.join("\n")) {
      this.said = facts.tags.join("\n");
      this.tags.replaceChildren(...facts.tags.map((tag) => made("span", { className: "roster-tag", textContent: tag })));
    }
    this.link.href = address;
    say(this.link, facts.title);
    this.tick.checked = isTicked;
    this.tick.ariaLabel = `${texts.select} ${facts.title}`;
    say(this.star, facts.star ? "★" : "☆");
    this.star.ariaPressed = `${facts.star}`;
    this.star.ariaLabel = `${texts.star} ${facts.title}`;
    this.element.classList.toggle("roster-ticked", isTicked);
  }
}
