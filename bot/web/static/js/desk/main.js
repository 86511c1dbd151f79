// The desk page: puts the parts together.

import { Alerts } from "./alerts.js";
import { Chat } from "./chat.js";
import { startKeys } from "./keys.js";
import { Live } from "./live.js";
import { startNote } from "./note.js";
import { Queue, SEEN } from "./queue.js";
import { startTimes } from "./times.js";
import { Status } from "./status.js";

const desk = document.querySelector("[data-desk]");
const page = {
  desk,
  csrf: desk.dataset.csrf,
  stream: desk.dataset.stream,
  handoff: desk.dataset.handoff,
  mine: desk.dataset.mine === "true",
  holder: desk.dataset.holder,
  after: Number(desk.dataset.after),
  words: document.querySelector("[data-words]").dataset,
};

const times = startTimes(page.words);
const status = new Status(page.words);
const alerts = new Alerts(page.words);
const queue = new Queue(page, alerts, times);
const chat = page.mine ? new Chat(page, status, queue, times) : null;
const live = new Live(page, { status, queue, chat, times });

startNote(page, chat);
startKeys(page, { queue, chat });
live.start();

// Drafts and unsent lines stay in this tab only; signing out empties it.
document.querySelector("[data-forget]")?.addEventListener("submit", () => {
  sessionStorage.clear();
  localStorage.removeItem(SEEN);
});
