// The left pane: replaced when the server says so, with focus, open parts and unread counts kept.

export const SEEN = "desk.seen";
const DANGER = new Set(["high", "imminent"]);

export class Queue {
  constructor(page, alerts, times) {
    this.page = page;
    this.alerts = alerts;
    this.times = times;
    this.pane = document.querySelector("[data-queue]");
    this.inDanger = this.dangerous();
    this.mark();
    this.alerts.count(this.pane.querySelectorAll("[data-waiting-row]").length);
    // Another window of this browser has read something.
    addEventListener("storage", (event) => { if (event.key === SEEN) this.mark(); });
    document.addEventListener("visibilitychange", () => this.mark());
  }

  /** Who waits in danger, and who of one's own conversations is in danger. */
  dangerous() {
    const rows = [...this.pane.querySelectorAll("[data-risk]")];
    return new Set(rows.filter((row) => DANGER.has(row.dataset.risk)).map((row) => row.dataset.row));
  }

  update({ html, waiting }) {
    const focused = document.activeElement?.closest?.("[data-row]")?.dataset.row;
    const inClaim = Boolean(document.activeElement?.closest?.(".qrow__claim"));
    const open = this.pane.querySelector("[data-keep]")?.open;
    const parsed = new DOMParser().parseFromString(html, "text/html");
    this.pane.replaceChildren(...parsed.body.childNodes);
    const kept = this.pane.querySelector("[data-keep]");
    if (kept) kept.open = Boolean(open);
    this.mark();
    this.times.refresh(this.pane);
    this.alerts.count(waiting);
    if (focused) {
      const row = this.pane.querySelector(`[data-row="${CSS.escape(focused)}"]`);
      row?.querySelector(inClaim ? "button" : "a")?.focus();
    }
    const now = this.dangerous();
    const fresh = [...now].filter((id) => !this.inDanger.has(id));
    if (fresh.length) this.alerts.danger(fresh.every((id) => this.holds(id)));
    this.inDanger = now;
  }

  holds(id) {
    return Boolean(this.pane.querySelector(`[data-row="${CSS.escape(id)}"][data-last-number]`));
  }

  mark() {
    const seen = this.seen();
    let unread = 0;
    for (const row of this.pane.querySelectorAll("[data-row]")) {
      const link = row.querySelector("a");
      if (row.dataset.row === this.page.handoff) link.setAttribute("aria-current", "true");
      const last = Number(row.dataset.lastNumber);
      const badge = row.querySelector("[data-unread]");
      if (!badge) continue;
      const fresh = last - (seen[row.dataset.row] ?? last);
      const reading = row.dataset.row === this.page.handoff && !document.hidden;
      badge.hidden = fresh <= 0 || reading;
      badge.textContent = this.page.words.unread.replace("{count}", fresh);
      if (!badge.hidden) unread += fresh;
      if (!(row.dataset.row in seen)) this.remember(row.dataset.row, last);
    }
    this.alerts.unread(unread);
  }

  /** Remember up to which message a conversation was read here. */
  saw(id, number) {
    if (number <= (this.seen()[id] ?? 0)) return;
    this.remember(id, number);
    this.mark();
  }

  remember(id, number) {
    localStorage.setItem(SEEN, JSON.stringify({ ...this.seen(), [id]: number }));
  }

  /** Numbers alone, the same in all windows of this browser. */
  seen() {
    return JSON.parse(localStorage.getItem(SEEN) ?? "{}");
  }

  links() {
    return [...this.pane.querySelectorAll(".qrow__link")].filter((link) => link.offsetParent);
  }

  /** Move the focus by one row; the first time to the open one or the first. */
  move(step) {
    const links = this.links();
    if (!links.length) return;
    const at = links.findIndex((link) => link.closest("[data-row]") === document.activeElement?.closest("[data-row]"));
    const current = links.findIndex((link) => link.hasAttribute("aria-current"));
    const next = at < 0 ? Math.max(current, 0) : Math.min(Math.max(at + step, 0), links.length - 1);
    links[next].focus();
    links[next].scrollIntoView({ block: "nearest" });
  }

  claimFocused() {
    const form = document.activeElement?.closest?.("[data-row]")?.querySelector("form");
    form?.requestSubmit();
    return Boolean(form);
  }
}
