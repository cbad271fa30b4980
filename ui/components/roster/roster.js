/* The table of runs: the state, the buttons, and the clock that polls for the rows.
 *
 * Streamlit calls the default export whenever the data changes. One Roster lives as long as its element. Nothing is
 * polled while the tab is hidden.
 */
"use strict";

const LIVE_MS = 3000;
const QUIET_MS = 10000; // a run may be started from the shell

class Roster {
  constructor(root) {
    this.root = root;
    this.ui = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    this.rows = new Map();
    this.ticked = new Set();
    this.finished = new AbortController();
    const { signal } = this.finished;
    this.ui.sort.addEventListener("change", () => this.act("sort", this.ui.sort.value), { signal });
    this.ui.way.addEventListener("click", () => this.act("sort", this.data.sort), { signal });
    document.addEventListener("visibilitychange", () => this.ask(), { signal });
  }

  end() {
    clearTimeout(this.clock);
    this.finished.abort();
  }

  update(data, tell) {
    const { texts } = data;
    if (data.ticked.turn !== this.turn) {
      this.turn = data.ticked.turn; // the server decides what is ticked: at first, and after it was archived or deleted
      this.ticked = new Set(data.ticked.names);
    }
    Object.assign(this, { data, tell, stamp: data.stamp });
    for (const node of this.root.querySelectorAll("[data-text]")) say(node, texts[node.dataset.text]);
    this.ui.sort.replaceChildren(
      ...data.sortable.map((column) => made("option", { value: column, textContent: texts[column], selected: column === data.sort })),
    );
    say(this.ui.way, data.descending ? "↓" : "↑");
    this.ui.way.ariaLabel = data.descending ? texts.sort_up : texts.sort_down;
    this.head();
    this.draw(data.rows);
    this.wait(data.live);
  }

  act(kind, name = "") {
    this.tell.trigger("act", { kind, name });
  }

  // ---- what is seen --------------------------------------------------------------------------------------------

  head() {
    const { texts, sort, descending } = this.data;
    const before = this.root.querySelector("thead button:focus, thead input:focus")?.dataset.column;
    const every = made("input", { type: "checkbox", ariaLabel: texts.every });
    every.dataset.column = "every";
    every.addEventListener("change", () => this.tickAll(every.checked));
    this.every = every;
    const column = (name, text, label) => {
      const isSorted = name === sort;
      const sign = made("span", { className: "roster-sign", ariaHidden: "true", textContent: isSorted ? (descending ? "↓" : "↑") : "" });
      const button = made("button", { type: "button" }, text, sign);
      button.dataset.column = name;
      if (label) button.ariaLabel = label;
      button.addEventListener("click", () => this.act("sort", name));
      const cell = made("th", { scope: "col" }, button);
      cell.className = name === "star" ? "roster-starred" : `roster-${name}`;
      if (NUMBERS.includes(name)) cell.classList.add("roster-number");
      if (isSorted) cell.ariaSort = descending ? "descending" : "ascending";
      return cell;
    };
    this.ui.head.replaceChildren(
      made("th", { scope: "col", className: "roster-tick" }, made("label", {}, every)),
      column("star", "★", texts.star),
      ...COLUMNS.map((name) => column(name, texts[name])),
    );
    if (before) this.ui.head.querySelector(`[data-column="${before}"]`)?.focus();
  }

  draw(facts) {
    const language = new URLSearchParams(location.search).get("lang");
    const kept = new Map();
    for (const each of facts) {
      const row = this.rows.get(each.name) ?? this.newRow(each.name);
      const address = new URLSearchParams({ run: each.name, ...(language ? { lang: language } : {}) });
      row.fill(each, this.data.texts, this.ticked.has(each.name), `runs?${address}`);
      kept.set(each.name, row);
    }
    this.rows = kept;
    const wanted = [...kept.values()].map((row) => row.element);
    if (wanted.length !== this.ui.rows.children.length || wanted.some((element, at) => element !== this.ui.rows.children[at]))
      this.ui.rows.replaceChildren(...wanted);
    this.markEvery();
  }

  newRow(name) {
    const row = new Row(name);
    row.tick.addEventListener("change", () => {
      this.ticked[row.tick.checked ? "add" : "delete"](name);
      row.element.classList.toggle("roster-ticked", row.tick.checked);
      this.tellTicked();
    });
    row.star.addEventListener("click", () => this.act("star", name));
    row.link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return; // the browser's own business
      event.preventDefault();
      this.act("open", name);
    });
    return row;
  }

  tickAll(yes) {
    for (const [name, row] of this.rows) {
      this.ticked[yes ? "add" : "delete"](name);
      row.tick.checked = yes;
      row.element.classList.toggle("roster-ticked", yes);
    }
    this.tellTicked();
  }

  tellTicked() {
    this.markEvery();
    this.tell.state("ticked", { turn: this.turn, names: [...this.ticked] });
  }

  markEvery() {
    const shown = [...this.rows.keys()].filter((name) => this.ticked.has(name)).length;
    this.every.checked = shown > 0 && shown === this.rows.size;
    this.every.indeterminate = shown > 0 && shown < this.rows.size;
  }

  // ---- what is new ---------------------------------------------------------------------------------------------

  wait(isLive) {
    clearTimeout(this.clock);
    this.clock = setTimeout(() => this.ask(), isLive ? LIVE_MS : QUIET_MS);
  }

  async ask() {
    clearTimeout(this.clock);
    if (document.hidden || this.finished.signal.aborted) return; // polls again when it is visible
    const { url } = this.data;
    let isLive = true;
    try {
      const response = await fetch(url, { signal: this.finished.signal });
      if (!response.ok) throw new Error(`${response.status}`);
      const answer = await response.json();
      if (url !== this.data.url) return; // another page or order meanwhile, which has a clock of its own
      isLive = answer.live;
      say(this.ui.broken, "");
      this.draw(answer.rows);
      if (answer.stamp !== this.stamp) {
        this.stamp = answer.stamp;
        this.act("stale");
      }
    } catch {
      if (this.finished.signal.aborted) return;
      say(this.ui.broken, this.data.texts.broken);
    }
    this.wait(isLive);
  }
}

const rosters = new WeakMap(); // the element that Streamlit gives us → its Roster

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const roster = rosters.get(parentElement) ?? new Roster(parentElement);
  rosters.set(parentElement, roster);
  roster.update(data, { state: setStateValue, trigger: setTriggerValue });
  return () => {
    roster.end();
    rosters.delete(parentElement);
  };
}
