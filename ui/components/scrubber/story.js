/* The events of a run epoch by epoch, polled while it is active. */
"use strict";

const ENDED = ["paused", "stopped", "finished", "failed", "lost"];

class Story {
  constructor(name, language) {
    Object.assign(this, { name, language });
    this.address = `/api/runs/${encodeURIComponent(name)}`;
    this.counts = new Map(); // version → table of counts, or a promise of it
    this.forget();
    Object.assign(this, { state: null, offset: 0, classes: [], colours: [], shows: true, problem: "" });
  }

  forget() {
    Object.assign(this, { scores: new Map(), pictures: new Map(), samples: [], epochs: [] });
  }

  hasEnded() {
    return ENDED.includes(this.state);
  }

  /** Fetch new events; whether there were any. */
  async ask(signal) {
    if (this.asking || this.hasEnded()) return false;
    this.asking = true;
    try {
      const answer = await fetch(`${this.address}/epochs?since=${this.offset}&lang=${this.language}`, { signal });
      if (answer.status === 404) Object.assign(this, { state: "lost", problem: "gone" }); // deleted meanwhile
      else if (!answer.ok) throw new Error(`${answer.status}`);
      else return this.take(await answer.json());
    } catch {
      if (!signal.aborted) this.problem = "broken"; // the server is away; the next tick tries again
    } finally {
      this.asking = false;
    }
    return true;
  }

  take(answer) {
    const before = JSON.stringify([this.state, this.problem, this.epochs.length]);
    if (answer.since === 0) this.forget(); // also when the run went back: some epochs no longer count
    const { state, offset, classes, colours, samples } = answer;
    const shows = answer.shows ?? this.shows;
    Object.assign(this, { state, offset, classes, colours, shows, problem: "" });
    for (const scores of answer.scores) this.scores.set(scores.epoch, scores);
    for (const pictures of answer.pictures) this.pictures.set(pictures.epoch, pictures);
    if (samples) this.samples = samples;
    this.epochs = [...this.scores.keys()].sort((a, b) => a - b);
    // Samples follow the scores within seconds: an epoch is shown when both are there.
    if (shows && !this.hasEnded() && this.epochs.length && !this.pictures.has(this.epochs.at(-1))) this.epochs.pop();
    const said = answer.scores.length + answer.pictures.length > 0 || answer.since === 0;
    return said || before !== JSON.stringify([this.state, this.problem, this.epochs.length]);
  }

  /** The address of a file that is the same in all epochs: kind is "image" or "truth". */
  fixed(sample, kind) {
    return `${this.address}/samples/${sample[kind]}?v=${sample.v}`;
  }

  /** The address of the labels or the confidence of a sample in an epoch; null where none was kept. */
  picture(epoch, sample, kind) {
    const pictures = this.pictures.get(epoch);
    const row = pictures?.files.find(([number]) => number === sample.sample);
    return row ? `${this.address}/samples/${row[kind === "labels" ? 1 : 2]}?v=${pictures.v}` : null;
  }

  /** The share of right pixels of a sample in an epoch; undefined where it was not kept. */
  accuracy(epoch, sample) {
    return this.pictures.get(epoch)?.files.find(([number]) => number === sample.sample)?.[3];
  }

  /** The confusion matrix of an epoch, rows ground truth; null while it loads, then `later` is called. */
  countsOf(epoch, later) {
    const version = this.scores.get(epoch)?.v;
    const known = version && this.counts.get(version);
    if (known || !version) return Array.isArray(known) ? known : null;
    const keep = (counts) => this.counts.set(version, counts);
    keep(
      fetch(`${this.address}/counts/${epoch}?v=${version}`)
        .then((answer) => (answer.ok ? answer.json() : []))
        .then(keep, () => this.counts.delete(version))
        .then(later),
    );
    return null;
  }

  /** The epoch before this one; undefined for the first. */
  before(epoch) {
    return this.epochs[this.epochs.indexOf(epoch) - 1];
  }

  /** The newest epoch that is not after this one, or the first: where another run is when this one is there. */
  nearest(epoch) {
    return this.epochs.findLast((known) => known <= epoch) ?? this.epochs[0];
  }
}
