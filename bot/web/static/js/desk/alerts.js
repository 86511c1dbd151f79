// The title counts who waits and what is unread; new danger: a sound and a notification without any content if the worker wants them.

const KEY = "desk.sound";

export class Alerts {
  constructor(words) {
    this.words = words;
    this.alert = document.querySelector("[data-alert]");
    this.button = document.querySelector("[data-sound]");
    this.base = document.title;
    this.waiting = 0;
    this.fresh = 0;
    this.on = localStorage.getItem(KEY) === "on";
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.toggle());
    for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, () => this.wake(), { passive: true, once: true });
    this.show();
  }

  toggle() {
    this.on = !this.on;
    localStorage.setItem(KEY, this.on ? "on" : "off");
    this.show();
    if (!this.on) return;
    this.beep();
    if ("Notification" in window && Notification.permission === "default") {
      Notification.requestPermission().then(() => this.show());
    }
  }

  show() {
    this.button.setAttribute("aria-pressed", String(this.on));
    this.button.querySelector("[data-sound-text]").textContent = this.on ? this.button.dataset.on : this.button.dataset.off;
    const refused = !("Notification" in window) || Notification.permission === "denied";
    this.button.title = this.on && refused ? this.button.dataset.refused : this.button.dataset.hint;
  }

  title() {
    const fresh = this.fresh ? `${this.words.unread.replace("{count}", this.fresh)} · ` : "";
    document.title = `${this.waiting ? `(${this.waiting}) ` : ""}${fresh}${this.base}`;
  }

  /** Messages of one's own conversations that nobody has looked at. */
  unread(count) {
    this.fresh = count;
    this.title();
  }

  count(waiting) {
    this.waiting = waiting;
    this.title();
    for (const badge of document.querySelectorAll("[data-waiting]")) {
      badge.textContent = String(waiting);
      badge.hidden = !waiting;
    }
  }

  /** Somebody in danger waits, or `held`: is in a conversation of one's own. */
  danger(held) {
    this.alert.textContent = "";
    this.alert.textContent = held ? this.words.dangerHeld : this.words.danger;
    if (!this.on) return;
    this.beep();
    if (this.elsewhere() && "Notification" in window && Notification.permission === "granted") {
      new Notification(this.words.notification, { tag: "desk", silent: true });
    }
  }

  elsewhere() {
    return document.hidden || !document.hasFocus();
  }

  /** Browsers let a page sound once somebody has touched it: after a reload the first key or click is enough. */
  wake() {
    if (!this.on) return;
    this.audio ??= new AudioContext();
    this.audio.resume();
  }

  beep() {
    this.wake();
    const start = this.audio.currentTime;
    for (const [at, tone] of [[0, 660], [0.18, 880]]) {
      const oscillator = this.audio.createOscillator();
      const gain = this.audio.createGain();
      oscillator.frequency.value = tone;
      gain.gain.setValueAtTime(0.0001, start + at);
      gain.gain.exponentialRampToValueAtTime(0.15, start + at + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.0001, start + at + 0.16);
      oscillator.connect(gain).connect(this.audio.destination);
      oscillator.start(start + at);
      oscillator.stop(start + at + 0.18);
    }
  }
}
