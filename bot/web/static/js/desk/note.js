// The note beside the conversation: jump to the message a value comes from; tabs on narrow screens.

export function startNote(page, chat) {
  const tabs = document.querySelector("[data-tabs]");
  const show = (pane) => {
    page.desk.dataset.pane = pane;
    for (const tab of tabs?.querySelectorAll("[data-tab]") ?? []) {
      tab.setAttribute("aria-pressed", String(tab.dataset.tab === pane));
    }
  };
  if (tabs) {
    tabs.hidden = false;
    show("talk");
    tabs.addEventListener("click", (event) => {
      const tab = event.target.closest("[data-tab]");
      if (tab) show(tab.dataset.tab);
    });
  }
  for (const link of document.querySelectorAll("[data-jump]")) {
    link.addEventListener("click", async (event) => {
      event.preventDefault();
      show("talk");
      if (!find(link)) await chat.earlier(link.href);
      if (find(link)) jump(link.dataset);
      else location.assign(link.href);
    });
  }
}

function find({ dataset: { jump: number } }) {
  return document.getElementById(`m-${number}`);
}

function jump({ jump: number, start, end }) {
  const line = document.getElementById(`m-${number}`);
  for (const old of document.querySelectorAll(".line--here")) old.classList.remove("line--here");
  for (const old of document.querySelectorAll(".line mark")) old.replaceWith(...old.childNodes);
  line.classList.add("line--here");
  mark(line.querySelector(".line__text"), Number(start), Number(end));
  line.scrollIntoView({ block: "center" });
  line.focus({ preventScroll: true });
}

function mark(element, start, end) {
  element?.normalize();
  const node = element?.firstChild;
  if (node?.nodeType !== Node.TEXT_NODE || end <= start) return;
  // Spans count characters, strings count UTF-16 units.
  const characters = [...node.data];
  const range = document.createRange();
  range.setStart(node, characters.slice(0, start).join("").length);
  range.setEnd(node, characters.slice(0, end).join("").length);
  range.surroundContents(document.createElement("mark"));
}
