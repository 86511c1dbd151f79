// What is being written: kept in this tab and on the server, in step with other windows of the same conversation.

const AFTER = 1500;

export class Draft {
  constructor(page, field) {
    this.page = page;
    this.field = field;
    this.key = `desk.begun.${page.handoff}`;
    this.server = field.value; // what the server is known to have: begun in another window, or by the one before
    this.tried = field.value; // what was sent there last, whether or not it has arrived
    this.echoes = []; // what was sent there and not heard of yet: that is no news
    this.saving = Promise.resolve();
    this.stopped = false;
    this.restore();
    addEventListener("pagehide", () => this.keep());
  }

  restore() {
    const here = JSON.parse(sessionStorage.getItem(this.key) ?? "null");
    if (here && here.text !== here.server && !(here.tried === here.text && said(here.text))) {
      this.field.value = here.server === this.server ? here.text : join(here.text, this.server);
    }
    this.changed();
  }

  changed() {
    this.store();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), AFTER);
  }

  store() {
    const { server, tried } = this;
    sessionStorage.setItem(this.key, JSON.stringify({ text: this.field.value, server, tried }));
  }

  /** A draft that did not arrive is kept in this tab all the same. */
  keep() {
    clearTimeout(this.timer);
    const text = this.field.value;
    if (this.stopped || text === this.tried) return;
    this.tried = text;
    this.echoes.push(text);
    this.store();
    const body = new URLSearchParams({ csrf: this.page.csrf, text });
    const address = `/desk/conversations/${this.page.handoff}/draft`;
    this.saving = fetch(address, { method: "POST", body, keepalive: true, signal: AbortSignal.timeout(5000) })
      .then((answer) => answer.ok, () => false)
      .then((arrived) => this.kept(text, arrived));
  }

  kept(text, arrived) {
    if (!arrived) this.echoes = this.echoes.filter((echo) => echo !== text);
    if (this.tried !== text) return;
    if (arrived) this.server = text;
    else this.tried = this.server;
    this.store();
  }

  /** The line is on its way. Its arrival clears the draft that it was begun as, everywhere; returns what that may be. */
  sent() {
    clearTimeout(this.timer);
    const begun = [this.server, this.tried];
    this.field.value = "";
    this.tried = "";
    this.store();
    return begun;
  }

  /** What the server has now. Whatever was typed here and is not there yet stays. */
  heard({ text }) {
    const echo = this.echoes.indexOf(text);
    if (echo >= 0) this.echoes.splice(0, echo + 1);
    if (echo >= 0 || text === this.server) return;
    const own = this.field.value !== this.server;
    this.server = text;
    this.tried = text;
    this.field.value = own ? join(this.field.value, text) : text;
    this.changed();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}

// Whether this is the worker's newest line: then another window has sent what was begun here.
function said(text) {
  const lines = document.querySelectorAll("[data-lines] > .line--me .line__text");
  return lines.length > 0 && lines[lines.length - 1].textContent === text.trim();
}

function join(mine, theirs) {
  if (mine.includes(theirs)) return mine;
  return theirs.includes(mine) ? theirs : `${theirs}\n${mine}`;
}
