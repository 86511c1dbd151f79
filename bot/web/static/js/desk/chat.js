// The conversation: lines appear at once, are sent in order, are tried again until they arrive, and appear once.

import { Presence } from "../presence.js";
import { Draft } from "./draft.js";
import { Replies } from "./replies.js";

const NEAR = 80;
const PLACE = /\{[\p{L}\p{N}_]+\}/gu; // of a canned reply, such as {sapaan}

export class Chat {
  constructor(page, status, queue, times) {
    this.page = page;
    this.status = status;
    this.queue = queue;
    this.times = times;
    this.last = page.after;
    this.lines = document.querySelector("[data-lines]");
    this.scroller = document.querySelector("[data-scroll]");
    this.form = document.querySelector("[data-write]");
    this.text = this.form.elements.text;
    this.ticks = [...this.form.querySelectorAll("[data-tick]")];
    this.template = document.querySelector("[data-pending]");
    this.below = document.querySelector("[data-new-below]");
    this.types = document.querySelector("[data-types]");
    this.draft = new Draft(page, this.text);
    this.presence = new Presence({ may: () => !this.stopped && !this.hidden(), post: (signs) => this.sign(signs) });
    this.unsentKey = `desk.unsent.${page.handoff}`;
    this.unsent = [];
    this.busy = false;
    this.stopped = false;
    this.delay = 1000;
    this.replies = new Replies(page, this);
    this.listen();
    this.restore();
    this.begin();
    this.read();
  }

  /** At the newest line, or at the one that the address names. */
  begin() {
    const line = /^#m-\d+$/.test(location.hash) ? document.querySelector(location.hash) : null;
    if (!line) {
      this.toEnd("instant");
      return;
    }
    line.scrollIntoView({ block: "center" });
    this.below.hidden = this.atEnd();
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    const touch = matchMedia("(pointer: coarse)").matches;
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !touch) {
        event.preventDefault();
        this.send();
      }
    });
    this.text.addEventListener("input", () => this.typed());
    this.below.addEventListener("click", () => this.toEnd());
    this.scroller.addEventListener("click", (event) => {
      const link = event.target.closest("[data-earlier]");
      if (!link) return;
      event.preventDefault();
      this.earlier(link.href);
    });
    this.scroller.addEventListener("scroll", () => {
      if (!this.atEnd()) return;
      this.below.hidden = true;
      this.read();
    }, { passive: true });
    document.addEventListener("visibilitychange", () => this.read());
    addEventListener("online", () => this.flush());
  }

  /** The text has changed, by typing or by a canned reply. */
  typed() {
    this.draft.changed();
    this.count();
    if (this.text.value.trim()) this.presence.typed();
  }

  restore() {
    for (const line of JSON.parse(sessionStorage.getItem(this.unsentKey) ?? "[]")) this.add(line);
    this.count();
    this.flush();
  }

  /** What another window of this conversation has begun, gone on with, or sent. */
  begun(draft) {
    this.draft.heard(draft);
    this.count();
  }

  /** Only the web chat tells whether the client is writing. */
  typing({ on }) {
    if (!this.types) return;
    const follow = this.atEnd();
    this.types.textContent = on ? this.types.dataset.writes : "";
    if (follow) this.toEnd("instant");
  }

  /** Whether the sign arrived; why it did not is told by the stream. */
  sign(signs) {
    const body = new URLSearchParams({ csrf: this.page.csrf, ...signs });
    const address = `/desk/conversations/${this.page.handoff}/presence`;
    return fetch(address, { method: "POST", body }).then((answer) => answer.ok, () => false);
  }

  count() {
    const left = this.text.maxLength - this.text.value.length;
    const hint = this.form.querySelector("[data-left]");
    hint.hidden = left > 500;
    hint.textContent = hint.dataset.template.replace("{count}", left);
    this.showUnfilled();
  }

  /** A place of a canned reply that nobody has filled: it is said while it stands there, and nothing is sent. */
  showUnfilled() {
    const places = this.text.value.match(PLACE) ?? [];
    const hint = this.form.querySelector("[data-unfilled]");
    hint.hidden = !places.length;
    const words = places.length ? hint.dataset.template.replace("{places}", () => places.join(" ")) : "";
    if (hint.textContent !== words) hint.textContent = words;
  }

  /** Select the first such place from a position on. Returns whether there is one. */
  selectUnfilled(from = 0) {
    const place = [...this.text.value.matchAll(PLACE)].find(({ index }) => index >= from);
    if (place) this.text.setSelectionRange(place.index, place.index + place[0].length);
    return Boolean(place);
  }

  send() {
    const text = this.text.value.trim();
    if (!text || this.stopped) return;
    if (this.selectUnfilled()) {
      this.focus();
      return;
    }
    // getRandomValues also exists on plain http, randomUUID does not.
    const id = [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
    const asked = this.ticks.filter((tick) => !tick.hidden);
    const open = asked.map((tick) => tick.querySelector("input")).find((box) => !box.checked);
    if (open) {
      open.focus();
      return;
    }
    this.add({ id, text, begun: this.draft.sent(), meant: asked.map((tick) => tick.dataset.tick) });
    this.keep();
    // Each line is confirmed on its own.
    for (const tick of asked) tick.querySelector("input").checked = false;
    this.presence.sent();
    this.count();
    this.toEnd();
    this.flush();
  }

  /** Whether somebody reads along at the person's side. */
  hidden() {
    return !this.ticks.find((tick) => tick.dataset.tick === "knowingly").hidden;
  }

  /** A tick that each line needs for as long as something holds. */
  need(name, on) {
    this.ticks.find((tick) => tick.dataset.tick === name).hidden = !on;
  }

  /** Somebody reads along at the person's side. */
  covert({ on }) {
    this.need("knowingly", on);
    document.querySelector("[data-covert]").hidden = !on;
    this.read();
  }

  /** The person has left, so that a line would come unasked. */
  unasked({ on }) {
    this.need("unasked", on);
    document.querySelector("[data-unasked]").hidden = !on;
  }

  add({ id, text, begun = [], meant = [] }) {
    const element = this.template.content.firstElementChild.cloneNode(true);
    element.querySelector("[data-text]").textContent = text;
    element.querySelector("[data-retry]").addEventListener("click", () => {
      clearTimeout(this.timer);
      this.flush();
    });
    element.querySelector("[data-discard]").addEventListener("click", () => this.drop(line));
    this.lines.append(element);
    const line = { id, text, begun, meant, element };
    this.unsent.push(line);
    this.show(line, "sending");
  }

  show(line, state) {
    const label = line.element.querySelector("[data-state]");
    label.textContent = label.dataset[state];
    line.element.classList.toggle("line--stuck", state !== "sending");
    line.element.querySelector("[data-retry]").hidden = state !== "unsent";
    line.element.querySelector("[data-discard]").hidden = state === "sending";
  }

  drop(line) {
    this.unsent = this.unsent.filter((other) => other !== line);
    line.element.remove();
    this.keep();
  }

  keep() {
    const lines = this.unsent.map(({ id, text, begun }) => ({ id, text, begun }));
    sessionStorage.setItem(this.unsentKey, JSON.stringify(lines));
  }

  /** Send what waits, one line after the other. */
  async flush() {
    if (this.busy || this.stopped || !this.unsent.length) return;
    this.busy = true;
    const line = this.unsent[0];
    this.show(line, "sending");
    // A draft that arrived after its own line would stand there as if it had not been sent.
    await this.draft.saving;
    const outcome = await this.deliver(line);
    this.busy = false;
    if (outcome === "sent") {
      this.delay = 1000;
      this.flush();
    } else if (outcome === "later") {
      for (const waiting of this.unsent) this.show(waiting, "unsent");
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.flush(), this.delay);
      this.delay = Math.min(this.delay * 2, 15_000);
    } else {
      for (const waiting of this.unsent) this.show(waiting, "refused");
    }
  }

  async deliver(line) {
    const body = new URLSearchParams({ csrf: this.page.csrf, text: line.text, client_message_id: line.id });
    for (const name of line.meant) body.set(name, "true");
    for (const draft of line.begun) body.append("begun", draft);
    let answer;
    try {
      answer = await fetch(this.form.action, {
        method: "POST", body, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(12_000),
      });
    } catch {
      return "later";
    }
    if (answer.ok) {
      this.arrived(line, await answer.json());
      return "sent";
    }
    if (answer.status === 401) {
      this.status.signedOut();
      return "refused";
    }
    if (answer.status === 409) {
      const { by, error } = await answer.json();
      if (error === "covert" || error === "unasked") {
        this[error]({ on: true });
        return "refused";
      }
      this.stop();
      this.status.lostTo(by);
      return "refused";
    }
    return answer.status >= 500 || answer.status === 429 ? "later" : "refused";
  }

  arrived(line, { number, html }) {
    if (this.unsent.includes(line)) {
      if (this.find(number)) line.element.remove();
      else line.element.replaceWith(this.parse(html));
      this.unsent = this.unsent.filter((other) => other !== line);
      this.keep();
      this.sort();
    }
    this.queue.saw(this.page.handoff, number);
  }

  /** A message of the stream: the number says whether it is here already. */
  received({ number, html, sender, text }) {
    this.last = Math.max(this.last, number);
    if (this.find(number)) return;
    const follow = this.atEnd();
    const element = this.parse(html);
    const mine = sender === "worker" && element.classList.contains("line--me") && this.unsent.find((line) => line.text === text);
    if (mine) {
      // The stream was quicker than the answer to our own request.
      mine.element.replaceWith(element);
      this.unsent = this.unsent.filter((line) => line !== mine);
      this.keep();
    } else {
      this.lines.append(element);
    }
    this.sort();
    if (follow) this.toEnd();
    else if (sender === "client") this.below.hidden = false;
    this.read();
  }

  delivered(states) {
    const words = JSON.parse(this.page.desk.dataset.deliveries);
    for (const [number, state] of Object.entries(states)) {
      const label = this.find(number)?.querySelector("[data-delivery]");
      if (!label || label.dataset.delivery === state) continue;
      label.dataset.delivery = state;
      label.textContent = words[state] ?? state;
    }
  }

  parse(html) {
    const element = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
    this.times.refresh(element);
    return element;
  }

  /** Lines from before those that are here, taken from the page that shows them too; what is on the screen stays there. */
  async earlier(address) {
    const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = [...page.querySelectorAll("[data-lines] > [data-number]")].filter((line) => !this.find(line.dataset.number));
    const start = page.querySelector("[data-start]");
    if (!found.length || !start) return;
    const log = this.lines.parentElement;
    const below = this.scroller.scrollHeight - this.scroller.scrollTop;
    // What was said long ago is no news to read out.
    log.ariaBusy = "true";
    this.lines.prepend(...found);
    this.sort();
    for (const line of found) this.times.refresh(line);
    document.querySelector("[data-start]").replaceWith(start);
    this.scroller.scrollTop = this.scroller.scrollHeight - below;
    log.ariaBusy = "false";
  }

  find(number) {
    return this.lines.querySelector(`[data-number="${number}"]`);
  }

  /** Numbered lines in their order, what is not sent yet below them. */
  sort() {
    const place = (element) => Number(element.dataset.number ?? Infinity);
    const all = [...this.lines.children];
    const sorted = all.toSorted((a, b) => place(a) - place(b));
    if (sorted.some((element, index) => element !== all[index])) this.lines.append(...sorted);
  }

  /** What stands on the screen is read; what came in below it is not. */
  read() {
    if (document.hidden) return;
    this.queue.saw(this.page.handoff, this.last);
    if (this.below.hidden) this.presence.read(this.last);
  }

  atEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < NEAR;
  }

  toEnd(behavior = "auto") {
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior });
    this.below.hidden = true;
  }

  focus() {
    this.text.focus();
  }

  /** Somebody else holds the conversation, or the session is over: nothing more is sent from here. */
  stop() {
    this.stopped = true;
    this.draft.stop();
    this.typing({ on: false });
    clearTimeout(this.timer);
    this.form.setAttribute("aria-disabled", "true");
    this.text.readOnly = true;
    this.replies.stop();
    for (const waiting of this.unsent) this.show(waiting, "refused");
  }
}
