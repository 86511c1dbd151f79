// The lines on the page, by number; the client's own ones by their id until they have a number.
// Text goes in as text, never as HTML.

const words = () => document.getElementById('words').dataset;

export class Lines {
  constructor(log) {
    this.log = log;
    this.template = document.getElementById('line-template');
    this.readUpTo = 0;
    for (const time of log.querySelectorAll('time')) localise(time);
  }

  get last() {
    return Math.max(Number(this.log.dataset.after), ...this.all().map((line) => Number(line.dataset.number)));
  }

  // Where the stream goes on: a tag of the conversation and its last number.
  get place() {
    return this.log.dataset.tag ? `${this.log.dataset.tag}.${this.last}` : '';
  }

  // The conversation was erased; the same session has a fresh one. What is still on its way stays.
  erase(tag) {
    this.log.dataset.tag = tag;
    this.log.dataset.after = 0;
    for (const line of this.all()) if (line.dataset.number !== '0') line.remove();
  }

  all() {
    return [...this.log.querySelectorAll('.line')];
  }

  numbered(number) {
    return this.all().find((line) => Number(line.dataset.number) === number);
  }

  find(ref) {
    return ref ? this.all().find((line) => line.dataset.ref === ref) : undefined;
  }

  // A line of the transcript. Returns whether it is new on this page.
  show(line) {
    if (this.numbered(line.number)) return false;
    const own = this.find(line.ref);
    const item = own ?? this.build(line.kind, line.who, line.text, line.ref);
    item.dataset.number = line.number;
    if (own) this.mark(line.ref, 'sent');
    else if (!line.kept) item.classList.add('line--unkept');
    const time = item.querySelector('time');
    time.dateTime = line.at;
    localise(time);
    if (line.buttons.length && line.kind !== 'client') this.offer(item, line.buttons);
    this.log.insertBefore(item, this.after(item, line.number));
    if (line.kind === 'client') {
      this.withdrawOffers(line.number);
      this.read(this.readUpTo);
    }
    return !own;
  }

  // A quiet mark at the last line that the worker has read; none where nobody holds the chat.
  read(number) {
    this.readUpTo = number;
    const last = this.all().filter((line) => line.classList.contains('line--client') && line.dataset.number > 0 && line.dataset.number <= number).at(-1);
    const there = this.log.querySelector('.line__read');
    if (there?.closest('.line') === last) return;
    there?.remove();
    if (!last) return;
    const mark = document.createElement('span');
    mark.className = 'line__read';
    mark.textContent = words().read;
    last.querySelector('.line__meta').append(' ', mark);
  }

  // Whether somebody else has spoken after this line of the client's.
  answered(ref) {
    let next = this.find(ref)?.nextElementSibling;
    while (next?.classList.contains('line--client')) next = next.nextElementSibling;
    return Boolean(next);
  }

  // What the client just wrote: shown at once, without a number.
  own(ref, text) {
    const item = this.build('client', words().you, text, ref);
    item.dataset.number = 0;
    this.log.append(item);
    this.mark(ref, 'sending');
  }

  mark(ref, state, text) {
    const item = this.find(ref);
    if (!item) return;
    item.dataset.state = state;
    const place = item.querySelector('.line__state');
    if (!place) return;
    place.replaceChildren(text ?? words()[state] ?? '');
    if (state !== 'failed') return;
    const again = document.createElement('button');
    again.type = 'button';
    again.className = 'line__retry';
    again.dataset.retry = ref;
    again.textContent = words().retry;
    place.append(' – ', again);
  }

  withdrawOffers(before = Infinity) {
    for (const answers of this.log.querySelectorAll('.answers')) {
      if (Number(answers.closest('.line').dataset.number) < before) answers.remove();
    }
  }

  build(kind, who, text, ref) {
    const item = this.template.content.firstElementChild.cloneNode(true);
    item.classList.add(`line--${kind}`);
    item.dataset.ref = ref;
    item.querySelector('.line__who').textContent = who;
    const bubble = item.querySelector('.bubble');
    bubble.textContent = text;
    if (kind !== 'client') linkAddresses(bubble);
    return item;
  }

  offer(item, buttons) {
    const answers = document.createElement('form');
    answers.className = 'answers';
    answers.method = 'post';
    answers.dataset.send = '';
    answers.setAttribute('aria-label', words().answers);
    for (const [title, payload] of buttons) answers.append(payload === this.log.dataset.exit ? exit(title) : answer(title, payload));
    item.append(answers);
  }

  // The line that a line with this number comes before; lines without a number stay at the end.
  after(item, number) {
    return this.all().find((other) => {
      const theirs = Number(other.dataset.number);
      return other !== item && (theirs === 0 || theirs > number);
    }) ?? null;
  }
}

function answer(title, payload) {
  const button = document.createElement('button');
  button.className = 'answer';
  button.name = 'payload';
  button.value = payload;
  button.textContent = title;
  return button;
}

// Nobody who presses this has time for an answer: it leaves, like the button in the bar (exit.js).
function exit(title) {
  const link = document.createElement('a');
  link.className = 'answer';
  link.href = document.getElementById('exit').href;
  link.dataset.quickExit = '';
  link.rel = 'noreferrer noopener';
  link.textContent = title;
  return link;
}

function localise(time) {
  const at = new Date(time.dateTime);
  const today = at.toDateString() === new Date().toDateString();
  const clock = { hour: '2-digit', minute: '2-digit' };
  const lang = document.documentElement.lang;
  time.textContent = at.toLocaleString(lang, today ? clock : { day: 'numeric', month: 'short', ...clock });
  time.title = at.toLocaleString(lang);
}

// Web addresses in what the assistant or a worker says become links; the text stays the same.
export function linkAddresses(bubble) {
  const parts = bubble.textContent.split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]])/);
  if (parts.length < 2) return;
  bubble.replaceChildren(...parts.map((part, place) => {
    if (place % 2 === 0) return part;
    const link = document.createElement('a');
    link.href = part;
    link.rel = 'noreferrer noopener';
    link.textContent = part;
    return link;
  }));
}
