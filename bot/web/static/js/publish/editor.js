// The editor: previews follow what is typed, rows can be added, and leaving with unsaved words asks once.

const form = document.querySelector("[data-editor]");
const here = document.querySelector("[data-preview-here]");
const state = document.querySelector("[data-preview-state]");
const unsaved = document.querySelector("[data-unsaved]");
const WAIT = 350;

let waiting = 0;
let running = null;
let dirty = false;

function openParts() {
  return [...here.querySelectorAll("details")].map((part) => part.open);
}

async function refresh() {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  try {
    const answer = await fetch(form.dataset.preview, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { "X-CSRF-Token": form.elements.csrf.value },
      signal: mine.signal,
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const html = await answer.text();
    const open = openParts();
    // Made by the server's own templates, cleaned there; the page's policy lets nothing in it run.
    here.innerHTML = html;
    here.querySelectorAll("details").forEach((part, at) => {
      if (at in open) part.open = open[at];
    });
    here.classList.remove("stale");
    state.textContent = state.dataset.fresh;
  } catch (error) {
    if (error.name === "AbortError") return;
    here.classList.add("stale");
    state.textContent = state.dataset.stale;
  }
}

function changed() {
  dirty = true;
  unsaved.hidden = false;
  clearTimeout(waiting);
  waiting = setTimeout(refresh, WAIT);
}

function dropRow(event) {
  const button = event.target.closest("[data-drop-row]");
  if (!button) return;
  const row = button.closest("[data-row]");
  const rows = row.parentElement;
  if (rows.children.length > 1) row.remove();
  else row.querySelectorAll("input").forEach((input) => (input.value = ""));
  rows.querySelector("input")?.focus();
  changed();
}

function addRow(event) {
  const rows = event.target.parentElement.querySelector("[data-rows]");
  const row = rows.lastElementChild.cloneNode(true);
  row.querySelectorAll("input").forEach((input) => (input.value = input.name === "citation_state" ? "berlaku" : ""));
  rows.append(row);
  row.querySelector("input").focus();
}

form.addEventListener("input", changed);
form.addEventListener("click", dropRow);
form.addEventListener("submit", () => (dirty = false));
form.querySelectorAll("[data-add-row]").forEach((button) => button.addEventListener("click", addRow));
form.querySelectorAll("[data-add-row], [data-drop-row]").forEach((button) => (button.hidden = false));
window.addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});
document.documentElement.dataset.ready = "";
