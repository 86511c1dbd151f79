// Messages on their way, strictly in order. A message keeps its id however often it is sent,
// so that the server takes it in once.

const TIMEOUT = 15_000;
const WAITS = [3_000, 6_000, 12_000, 30_000];

export class Outgoing {
  // `fields()` are sent with each message; `on` hears (message, state, text).
  constructor({ fields, on }) {
    this.fields = fields;
    this.on = on;
    this.queue = [];
    this.busy = false;
    this.failures = 0;
    window.addEventListener('online', () => this.retry());
  }

  add(message) {
    this.queue.push(message);
    this.pump();
  }

  retry() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.pump();
  }

  async pump() {
    if (this.busy || this.timer) return;
    this.busy = true;
    while (this.queue.length) {
      const message = this.queue[0];
      this.on(message, 'sending');
      const { state, text, wait } = await this.post(message);
      if (state === 'failed') {
        this.on(message, 'failed', text);
        this.timer = setTimeout(() => this.retry(), wait ?? WAITS[Math.min(this.failures++, WAITS.length - 1)]);
        break;
      }
      this.failures = 0;
      this.queue.shift();
      this.on(message, state, text);
    }
    this.busy = false;
  }

  async post(message) {
    let answer;
    try {
      answer = await fetch('/chat/messages', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ ...this.fields(), id: message.id, text: message.text, payload: message.payload }),
        signal: AbortSignal.timeout(TIMEOUT),
      });
      if (answer.ok) return { state: 'accepted' };
    } catch {
      return { state: 'failed' };
    }
    const { error, text } = await answer.json().catch(() => ({}));
    if (answer.status === 429 || answer.status >= 500) {
      const seconds = Number(answer.headers.get('Retry-After'));
      return { state: 'failed', text: answer.status === 429 ? text : undefined, wait: seconds ? seconds * 1000 : undefined };
    }
    return { state: error === 'closed' ? 'closed' : 'refused', text };
  }
}
