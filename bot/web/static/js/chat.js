// The chat page: ties the lines, the outgoing messages and the event stream together.

import { Lines, linkAddresses } from './lines.js';
import { Outgoing } from './outgoing.js';
import { Presence } from './presence.js';
import { Stream } from './stream.js';

const by = (id) => document.getElementById(id);
const log = by('log');
const scroll = by('scroll');
const composer = by('composer');
const THINKING = 20_000; // an answer takes 10 s at the very most; then the dots would be a lie
const ALMOST = 200; // pixels; the answers to choose from are not left just below the edge
const BLINK = 2_500; // shorter breaks of the connection are not worth a word

let open = log.dataset.tag !== '';
let holder = by('status').dataset.holder;
let lang = log.dataset.lang;
let thinkingTimer;
let offlineTimer;

const lines = new Lines(log);
const stream = new Stream({ place: () => lines.place, on: { line, state, typing, hide, erased, gone, up, down } });
const outgoing = new Outgoing({ fields: () => ({ open: open ? '1' : '', lang }), on: moved });

// Only while a worker holds the chat, and only to them.
const presence = new Presence({
  may: () => holder === 'worker',
  post: (signs) => fetch('/chat/presence', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(signs),
  }).then((answer) => answer.ok, () => false),
});

// ---- what the server says

function line(data) {
  const stay = atEnd();
  by('start')?.remove();
  const fresh = lines.show(data);
  if (data.kind !== 'client') think(false);
  if (stay) follow(data.number);
  else if (fresh && data.kind !== 'client') by('newer').hidden = false;
  seen();
}

function state(data) {
  holder = data.holder;
  log.dataset.tag = data.tag;
  const status = by('status');
  status.textContent = data.status;
  status.dataset.holder = holder;
  if (holder !== 'bot') think(false);
  by('code-link').hidden = !data.keeping;
  by('note-link').hidden = !data.keeping;
  by('offer').hidden = !data.keeping || by('offer').dataset.settled === '1';
  if (holder === 'worker') lines.withdrawOffers();
  lines.read(data.read);
  if (data.lang !== lang) speak(data.lang);
  if (atEnd()) toEnd();
  seen();
}

// The worker is writing.
function typing({ words }) {
  const stay = atEnd();
  by('types').textContent = words;
  if (stay) toEnd();
}

// Somebody reads along: nothing of this page is left, not even in what is being written.
function hide() {
  holder = 'none';
  document.body.replaceChildren();
  location.replace('/chat');
}

function erased(data) {
  lines.erase(data.tag);
  think(false);
}

function gone() {
  think(false);
  stream.close();
  for (const part of [by('scroll'), composer, by('newer'), by('offline')]) part.hidden = true;
  log.replaceChildren();
  by('menu').open = false;
  by('menu').hidden = true;
  by('status').textContent = by('words').dataset.closed;
  by('status').dataset.holder = 'none';
  by('gone').hidden = false;
}

function up() {
  clearTimeout(offlineTimer);
  offlineTimer = undefined;
  by('offline').hidden = true;
  seen();
}

function down() {
  by('types').textContent = '';
  offlineTimer ??= setTimeout(() => { by('offline').hidden = false; }, BLINK);
}

// The words around the conversation in its new language; what is being written stays.
async function speak(next) {
  lang = next;
  const page = await fetch('/chat').then((answer) => answer.text()).catch(() => '');
  const fresh = new DOMParser().parseFromString(page, 'text/html');
  const draft = by('text').value;
  for (const part of document.querySelectorAll('[data-words]')) {
    const other = fresh.querySelector(`[data-words="${part.dataset.words}"]`);
    if (!other) continue;
    const { hidden } = part;
    part.replaceWith(document.adoptNode(other));
    other.hidden = hidden;
  }
  document.documentElement.lang = next;
  by('text').value = draft;
  fit();
}

// ---- what the person does

// The last line that stands on the screen, from its beginning.
function seen() {
  if (holder !== 'worker') return;
  const edge = scroll.getBoundingClientRect().bottom;
  const last = lines.all().filter((item) => item.getBoundingClientRect().top < edge).at(-1);
  presence.read(Number(last?.dataset.number ?? 0));
}

function say(text) {
  presence.sent();
  outgoing.add({ id: own(text), text });
}

function press(payload, title) {
  outgoing.add({ id: own(title), payload });
}

function own(words) {
  const id = newId();
  by('start')?.remove();
  lines.withdrawOffers();
  if (!by('offer').hidden) settleOffer();
  lines.own(id, words);
  toEnd();
  return id;
}

// The offer is made once; the menu has it from then on.
function settleOffer() {
  by('offer').dataset.settled = '1';
  by('offer').hidden = true;
}

function moved(message, now, text) {
  if (now === 'closed') return gone();
  if (now === 'accepted') {
    lines.mark(message.id, 'sent');
    if (!open) {
      open = true;
      stream.open();
    }
    // The answer may be quicker than the word that the message has arrived.
    if (holder === 'bot' && !lines.answered(message.id)) think(true);
  } else if (now === 'refused') {
    lines.mark(message.id, 'refused', text);
    if (message.text && !by('text').value) by('text').value = message.text;
  } else {
    lines.mark(message.id, now, text);
  }
  if (now === 'failed') toEnd();
}

function think(on) {
  clearTimeout(thinkingTimer);
  by('typing').hidden = !on;
  if (!on) return;
  thinkingTimer = setTimeout(() => think(false), THINKING);
  toEnd();
}

function submit() {
  const text = by('text').value.trim();
  if (!text || tooLong()) return;
  by('text').value = '';
  fit();
  say(text);
}

// ---- the composer

function tooLong() {
  return [...by('text').value.trim()].length > Number(composer.dataset.max);
}

function fit() {
  const text = by('text');
  text.style.height = 'auto';
  text.style.height = `${Math.min(text.scrollHeight + 2, 180)}px`;
  const rest = Number(composer.dataset.max) - [...text.value.trim()].length;
  const left = by('left');
  left.hidden = rest > 400;
  if (!left.hidden) left.textContent = by('words').dataset[rest < 0 ? 'over' : 'left'].replace('#', Math.abs(rest));
  text.setAttribute('aria-invalid', rest < 0);
}

function atEnd() {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
}

function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
  by('newer').hidden = true;
}

// A long answer is read from its beginning: what came before it, the person's own words first of all, stays in sight.
function follow(number) {
  const own = [...log.querySelectorAll('.line--client')].at(-1);
  const edge = scroll.getBoundingClientRect().top;
  const top = (line) => line.getBoundingClientRect().top - edge;
  const from = own && top(own) >= 0 ? own : lines.numbered(number);
  scroll.scrollTop += Math.max(0, top(from) - 8);
  if (scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < ALMOST) toEnd();
  else by('newer').hidden = false;
}

// crypto.randomUUID exists on https and localhost only.
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

// Keep the bar and the composer in sight while the phone's keyboard is open.
function measure() {
  const end = atEnd() && !by('start');
  document.documentElement.style.setProperty('--screen', `${window.visualViewport.height}px`);
  if (end) toEnd();
}

composer.addEventListener('submit', (event) => {
  event.preventDefault();
  submit();
});

document.addEventListener('submit', (event) => {
  if (!event.target.matches('[data-send]') || !event.submitter) return;
  event.preventDefault();
  by('menu').open = false;
  press(event.submitter.value, event.submitter.textContent.trim());
});

document.addEventListener('focusin', (event) => {
  if (event.target.id === 'text') by('menu').open = false;
});

document.addEventListener('input', (event) => {
  if (event.target.id !== 'text') return;
  fit();
  if (event.target.value.trim()) presence.typed();
});
document.addEventListener('visibilitychange', seen);

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') by('menu').open = false;
  const keyboard = !matchMedia('(pointer: coarse)').matches;
  if (event.target.id !== 'text' || event.key !== 'Enter' || event.shiftKey || event.isComposing || !keyboard) return;
  event.preventDefault();
  submit();
});

document.addEventListener('click', (event) => {
  if (!event.target.closest('#menu')) by('menu').open = false;
  if (event.target.closest('#newer')) toEnd();
  if (event.target.closest('#offer-later')) settleOffer();
  if (event.target.dataset?.retry) outgoing.retry();
});

scroll.addEventListener('scroll', () => {
  if (atEnd()) by('newer').hidden = true;
  seen();
});

window.addEventListener('offline', down);
window.addEventListener('online', () => !open && up());
window.addEventListener('pageshow', (event) => event.persisted && location.reload());

if (window.visualViewport) {
  window.visualViewport.addEventListener('resize', measure);
  measure();
}
for (const bubble of log.querySelectorAll('.line:not(.line--client) .bubble')) linkAddresses(bubble);
// The plain page rests while it waits; with scripts nobody has to.
composer.classList.remove('composer--resting');
composer.noValidate = true;
if (location.search.includes('wait=')) history.replaceState(null, '', '/chat');
if (open) stream.open();
if (log.dataset.busy === '1') think(true);
fit();
if (!by('start')) toEnd();
document.documentElement.dataset.ready = '1';
