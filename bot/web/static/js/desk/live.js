// The event stream: reconnects by itself, catches up by message number, answers each beat with a sign of life.

const SILENCE = 40_000; // beats come every 15 s; a stream that is silent for longer is dead, whatever TCP says

export class Live {
  constructor(page, { status, queue, chat, times }) {
    this.page = page;
    this.times = times;
    this.status = status;
    this.queue = queue;
    this.chat = chat;
    this.active = true;
    this.ended = false;
    this.delay = 1000;
    for (const kind of ["keydown", "pointerdown"]) {
      addEventListener(kind, () => { this.active = true; }, { passive: true });
    }
    addEventListener("online", () => this.restart());
    addEventListener("offline", () => this.status.live("lost"));
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  }

  start() {
    this.connect();
    setInterval(() => {
      if (!this.ended && Date.now() - this.heard > SILENCE) this.restart();
    }, 5000);
  }

  address() {
    if (!this.page.handoff) return this.page.stream;
    return `/desk/conversations/${this.page.handoff}/events?after=${this.chat ? this.chat.last : this.page.after}`;
  }

  connect() {
    this.heard = Date.now();
    const source = new EventSource(this.address());
    this.source = source;
    const on = (name, act) => source.addEventListener(name, (event) => {
      this.heard = Date.now();
      this.delay = 1000;
      act(event.data ? JSON.parse(event.data) : null);
    });
    on("beat", () => this.beat());
    on("queue", (data) => this.queue.update(data));
    on("message", (data) => this.chat?.received(data));
    on("delivery", (data) => this.chat?.delivered(data));
    on("covert", (data) => this.chat?.covert(data));
    on("unasked", (data) => this.chat?.unasked(data));
    on("coaching", ({ html }) => this.coaching(html));
    on("draft", (data) => this.chat?.begun(data));
    on("typing", (data) => this.chat?.typing(data));
    on("holder", (data) => this.holder(data));
    on("gone", () => this.close(() => this.status.gone()));
    on("signed_out", () => this.end(() => this.status.signedOut()));
    source.addEventListener("error", () => {
      if (this.ended) return;
      this.status.live("lost");
      this.chat?.typing({ on: false });
      // Closed means the answer was an error page: the browser will not try again by itself.
      if (source.readyState === EventSource.CLOSED) this.later();
    });
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), this.delay);
    this.delay = Math.min(this.delay * 2, 15_000);
  }

  /** Why was the stream refused? An event source does not say, a request does. */
  async ask() {
    const stop = new AbortController();
    let status = 0;
    try {
      status = (await fetch(this.address(), { signal: stop.signal, headers: { Accept: "text/event-stream" } })).status;
    } catch {
      // no network: the next try comes by itself
    }
    stop.abort();
    if (status === 401) this.end(() => this.status.signedOut());
    else if (status === 404) this.close(() => this.status.gone());
    else if (status === 200) this.restart();
    else if (!this.ended) this.later();
  }

  restart() {
    if (this.ended) return;
    this.source?.close();
    clearTimeout(this.timer);
    this.connect();
  }

  end(tell) {
    this.ended = true;
    this.source.close();
    this.chat?.stop();
    tell();
  }

  /** The person took it back: what they shared leaves the screen at once. */
  close(tell) {
    this.end(tell);
    const note = document.querySelector("[data-note]");
    if (note) {
      const closed = document.createElement("p");
      closed.className = "notice";
      closed.textContent = this.page.words.closedNote;
      note.replaceChildren(closed);
    }
    document.querySelector("[data-lines]")?.replaceChildren();
  }

  coaching(html) {
    const notes = new DOMParser().parseFromString(html, "text/html").body.childNodes;
    document.querySelector("[data-coaching]").replaceChildren(...notes);
    this.times.refresh(document.querySelector("[data-coaching]"));
  }

  holder({ mine, by, withdrawn }) {
    if (mine === this.page.mine && by === this.page.holder) return;
    if (this.page.mine && withdrawn) {
      this.close(() => this.status.withdrawn());
      return;
    }
    if (this.page.mine) this.end(() => this.status.lostTo(by));
    else location.reload();
  }

  /** Sign of life. Only what a person did keeps the session awake. */
  async beat() {
    const body = new URLSearchParams({ csrf: this.page.csrf, active: String(this.active) });
    this.active = false;
    try {
      const answer = await fetch("/desk/heartbeat", { method: "POST", body, headers: { Accept: "application/json" } });
      if (answer.status === 401) this.end(() => this.status.signedOut());
      else if (answer.ok) {
        this.status.live("connected");
        this.chat?.flush();
        this.chat?.read();
      }
    } catch {
      this.active = true;
      this.status.live("lost");
    }
  }
}
