// Says to the other side that something is being written and how far it was read; never what.

const EVERY = 3_000; // a sign of writing lasts for six seconds
const SETTLE = 300; // many lines that come at once are one reading

export class Presence {
  // `may()` is whether anybody may know; `post(signs)` sends them and says whether they arrived.
  constructor({ may, post }) {
    this.may = may;
    this.post = post;
    this.typedAt = 0;
    this.told = 0;
  }

  typed() {
    if (!this.may() || Date.now() - this.typedAt < EVERY) return;
    this.typedAt = Date.now();
    this.post({ typing: true });
  }

  // What was being written is on its way: the next word is a new sign.
  sent() {
    this.typedAt = 0;
  }

  // Whoever calls this again and again says it once; what did not arrive is said with the next call.
  read(number) {
    if (!this.may() || document.hidden || number <= this.told) return;
    clearTimeout(this.settling);
    this.settling = setTimeout(async () => {
      if (!this.may() || document.hidden) return;
      const before = this.told;
      this.told = number;
      if (!await this.post({ read: number })) this.told = before;
    }, SETTLE);
  }
}
