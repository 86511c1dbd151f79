// The event stream. It goes on after the last number it has seen, however often it breaks.

const QUIET = 40_000; // the server gives a sign of life every 15 s
const WAITS = [1_000, 2_000, 5_000, 10_000, 20_000];

export class Stream {
  // `place()` is how far the page has come; `on` has line, state, typing, hide, erased, gone, up, down.
  constructor({ place, on }) {
    this.place = place;
    this.on = on;
    this.failures = 0;
    window.addEventListener('online', () => this.source && this.open());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.source && Date.now() - this.heardAt > QUIET) this.open();
    });
  }

  open() {
    this.close();
    const source = new EventSource(`/chat/events?after=${this.place()}`);
    this.source = source;
    const hear = (name, handle) => source.addEventListener(name, (event) => {
      this.alive();
      handle?.(event);
    });
    hear('beat');
    hear('line', (event) => this.on.line(JSON.parse(event.data)));
    hear('state', (event) => this.on.state(JSON.parse(event.data)));
    hear('typing', (event) => this.on.typing(JSON.parse(event.data)));
    hear('hide', () => this.hide());
    hear('erased', (event) => this.on.erased(JSON.parse(event.data)));
    hear('gone', () => this.end());
    source.addEventListener('error', () => {
      if (source !== this.source) return;
      this.on.down();
      if (source.readyState === EventSource.CLOSED) this.later();
    });
    this.watch();
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.watchdog);
    this.source?.close();
  }

  hide() {
    this.close();
    this.source = undefined;
    this.on.hide();
  }

  end() {
    this.close();
    this.source = undefined;
    this.on.gone();
  }

  alive() {
    this.failures = 0;
    this.heardAt = Date.now();
    this.on.up();
    this.watch();
  }

  watch() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      this.on.down();
      this.open();
    }, QUIET);
  }

  // The browser gave up: find out whether there is anything left to follow, then begin again.
  later() {
    this.close();
    this.timer = setTimeout(async () => {
      const looking = new AbortController();
      try {
        const answer = await fetch(`/chat/events?after=${this.place()}`, { signal: looking.signal });
        looking.abort();
        if (answer.status === 204) return this.end();
      } catch {
        // Still offline: opening fails again and waits longer.
      }
      this.open();
    }, WAITS[Math.min(this.failures++, WAITS.length - 1)]);
  }
}
