// What the worker is told about the connection and about losing a conversation.

const LIVE = { connected: "connected", connecting: "connecting", lost: "lostShort" };

export class Status {
  constructor(words) {
    this.words = words;
    this.pill = document.querySelector("[data-live]");
    this.bar = document.querySelector("[data-bar]");
    this.final = false;
  }

  /** `connected`, `connecting` or `lost`. */
  live(state) {
    if (this.pill.dataset.live !== state) {
      this.pill.dataset.live = state;
      this.pill.querySelector("[data-live-text]").textContent = this.words[LIVE[state]];
    }
    if (this.final) return;
    if (state === "lost") this.say(this.words.lost);
    else if (state === "connected") this.bar.hidden = true;
  }

  say(text, link) {
    this.bar.hidden = false;
    const target = this.bar.querySelector("[data-bar-text]");
    if (target.textContent !== text) target.textContent = text;
    const anchor = this.bar.querySelector("[data-bar-link]");
    anchor.hidden = !link;
    if (link) {
      anchor.textContent = link.text;
      anchor.href = link.href;
    }
  }

  signedOut() {
    this.final = true;
    this.say(this.words.signedOut, {
      text: this.words.signIn,
      href: `/desk/login?next=${encodeURIComponent(location.pathname)}`,
    });
  }

  gone() {
    this.final = true;
    this.say(this.words.gone, { text: this.words.reload, href: "/desk" });
  }

  withdrawn() {
    this.final = true;
    this.say(this.words.withdrawn, { text: this.words.reload, href: location.pathname });
  }

  lostTo(who) {
    this.final = true;
    const text = who ? this.words.notMineBy.replace("%", () => who) : this.words.notMine;
    this.say(text, { text: this.words.reload, href: location.pathname });
  }
}
