/* One run that is followed: the points received so far. */
"use strict";

const ENDED = ["paused", "stopped", "finished", "failed", "lost"];

class Track {
  constructor({ name, events }) {
    Object.assign(this, { name, events });
    this.forget();
  }

  forget() {
    Object.assign(this, { points: {}, offset: 0, state: null, facts: { classes: [], colours: [] }, broken: "" });
  }

  hasEnded() {
    return ENDED.includes(this.state);
  }

  lastStep() {
    const ends = Object.values(this.points).map((points) => points.at(-1)?.[0] ?? 0);
    return Math.max(0, ...ends);
  }

  /** Fetch new points; whether there were any. */
  async ask(signal) {
    if (this.asking || this.hasEnded()) return false;
    this.asking = true;
    try {
      const answer = await fetch(`${this.events}&since=${this.offset}`, { signal });
      if (answer.status === 404) Object.assign(this, { state: "lost", broken: "gone" }); // deleted meanwhile
      else if (!answer.ok) throw new Error(`${answer.status}`);
      else return this.take(await answer.json());
    } catch {
      if (!signal.aborted) this.broken = "broken"; // the server is away; the next tick tries again
    } finally {
      this.asking = false;
    }
    return false;
  }

  take(answer) {
    const isNew = answer.since === 0 || Object.keys(answer.lines).length > 0 || this.state === null;
    const began = answer.since === 0 ? answer.began : (this.facts.began ?? answer.began);
    this.points = joined(this.points, answer);
    Object.assign(this, { offset: tooLong(this.points) ? 0 : answer.offset, state: answer.state, broken: "" });
    this.facts = { classes: answer.classes, colours: answer.colours, stepsPerEpoch: answer.steps_per_epoch, began };
    return isNew;
  }
}
