// One-letter shortcuts; off while typing, and for good if the worker switches them off.

const KEY = "desk.keys";

export function startKeys(page, { queue, chat }) {
  const dialog = document.querySelector("[data-shortcuts]");
  const active = dialog.querySelector("[data-keys-active]");
  const button = document.querySelector("[data-help]");
  active.checked = localStorage.getItem(KEY) !== "off";
  active.addEventListener("change", () => localStorage.setItem(KEY, active.checked ? "on" : "off"));
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());

  const acts = {
    j: () => queue.move(1),
    k: () => queue.move(-1),
    c: () => queue.claimFocused() || document.querySelector("[data-claim]")?.requestSubmit(),
    n: () => (document.querySelector('[data-tab="note"]')?.click(), document.querySelector("[data-note]")?.focus()),
    s: () => location.assign("/desk/search"),
    "/": () => chat?.focus(),
    "?": () => dialog.showModal(),
  };

  addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeWhatIsOpen(event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat && event.key === "c") return;
    if (dialog.open || !active.checked && event.key !== "?") return;
    const field = event.target.closest("input, textarea, select, [contenteditable]");
    // The box in the list of shortcuts keeps the focus for a moment after the list was closed; nobody types there.
    if (field && !dialog.contains(field)) return;
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
}

function closeWhatIsOpen(target) {
  const menu = target.closest?.("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (target.matches?.("textarea")) {
    target.blur();
  }
}
