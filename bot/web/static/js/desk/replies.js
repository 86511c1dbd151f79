// Canned replies: "/" in the message opens a list that narrows while typing. It inserts and never sends.

export class Replies {
  constructor(page, chat) {
    this.page = page;
    this.chat = chat;
    this.box = document.querySelector("[data-replies]");
    this.search = this.box.querySelector("[role=combobox]");
    this.list = this.box.querySelector("[role=listbox]");
    this.state = this.box.querySelector("[data-replies-state]");
    this.template = this.box.querySelector("template");
    this.button = document.querySelector("[data-replies-open]");
    this.replies = null;
    this.shown = [];
    this.at = 0;
    this.listen();
  }

  listen() {
    const { text } = this.chat;
    text.addEventListener("beforeinput", (event) => {
      if (event.data !== "/" || event.isComposing || !startsWord(text)) return;
      event.preventDefault();
      this.open();
    });
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.open());
    this.box.querySelector("[data-replies-close]").addEventListener("click", () => this.close());
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    this.search.addEventListener("keydown", (event) => this.key(event));
    this.search.addEventListener("input", () => this.narrow());
    this.search.addEventListener("beforeinput", (event) => {
      // Twice means that a stroke was meant.
      if (event.data !== "/" || this.search.value) return;
      event.preventDefault();
      this.put("/");
    });
    // The field keeps the focus, also on a phone.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.insert([...this.list.children].indexOf(option));
    });
    this.box.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !this.box.contains(relatedTarget)) this.hide();
    });
    addEventListener("pointerdown", ({ target }) => {
      if (!this.box.contains(target) && !this.button.contains(target)) this.hide();
    });
  }

  open() {
    this.search.value = "";
    this.box.hidden = false;
    this.search.focus();
    if (this.replies) this.narrow();
    else this.load();
  }

  hide() {
    this.box.hidden = true;
    this.search.setAttribute("aria-expanded", "false");
  }

  close() {
    this.hide();
    this.chat.focus();
  }

  /** Nothing can be written here any more, and how the person is called leaves the page with the rest. */
  stop() {
    this.hide();
    this.button.hidden = true;
    this.list.replaceChildren();
    this.replies = null;
  }

  async load() {
    this.show([], this.box.dataset.loading);
    try {
      const answer = await fetch(`/desk/conversations/${this.page.handoff}/replies`, {
        headers: { Accept: "application/json" }, signal: AbortSignal.timeout(12_000),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      this.replies = (await answer.json()).replies;
    } catch {
      this.show([], this.box.dataset.failed);
      return;
    }
    this.narrow();
  }

  narrow() {
    if (!this.replies) return;
    const wanted = plain(this.search.value.trim());
    const found = this.replies.filter((reply) => rank(reply, wanted) < NO_MATCH);
    found.sort((one, other) => rank(one, wanted) - rank(other, wanted));
    const { none, noMatch, count } = this.box.dataset;
    this.show(found, found.length ? count.replace("{count}", found.length) : this.replies.length ? noMatch : none);
  }

  show(found, words) {
    this.shown = found;
    this.state.textContent = words;
    this.list.replaceChildren(...found.map((reply, index) => this.option(reply, index)));
    this.list.hidden = !found.length;
    this.search.setAttribute("aria-expanded", String(found.length > 0));
    this.move(0);
  }

  option({ key, title, shared, lang, text }, index) {
    const element = this.template.content.firstElementChild.cloneNode(true);
    element.id = `reply-${index}`;
    element.querySelector("[data-key]").textContent = `/${key}`;
    element.querySelector("[data-title]").textContent = title;
    element.querySelector("[data-shared]").hidden = !shared;
    const words = element.querySelector("[data-text]");
    words.textContent = text;
    words.lang = lang;
    return element;
  }

  key(event) {
    const steps = { ArrowDown: this.at + 1, ArrowUp: this.at - 1 };
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.insert(this.at);
    } else if (event.key in steps && this.shown.length) {
      event.preventDefault();
      this.move((steps[event.key] + this.shown.length) % this.shown.length);
    }
  }

  move(to) {
    this.at = to;
    [...this.list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === to)));
    const chosen = this.list.children[to];
    if (chosen) this.search.setAttribute("aria-activedescendant", chosen.id);
    else this.search.removeAttribute("aria-activedescendant");
    chosen?.scrollIntoView({ block: "nearest" });
  }

  insert(index) {
    const reply = this.shown[index];
    if (reply) this.put(reply.text);
  }

  /** At the caret, in place of what is selected; the first place that is still open is selected for typing. */
  put(words) {
    const { text } = this.chat;
    const { selectionStart: start, selectionEnd: end } = text;
    if (text.value.length - (end - start) + words.length > text.maxLength) {
      this.state.textContent = this.box.dataset.tooLong;
      return;
    }
    text.setRangeText(words, start, end, "end");
    this.close();
    this.chat.typed();
    this.chat.selectUnfilled(start);
  }
}

const NO_MATCH = 9;

/** 0 for the best: the key as typed, its beginning, a word of the title that begins so, then anywhere. */
function rank({ key, title }, wanted) {
  const name = plain(title);
  if (!wanted || key === wanted) return 0;
  if (key.startsWith(wanted)) return 1;
  if (name.split(/\s+/).some((word) => word.startsWith(wanted))) return 2;
  return key.includes(wanted) || name.includes(wanted) ? 3 : NO_MATCH;
}

function plain(words) {
  return words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** A stroke within a word, as in dan/atau, is only a stroke. */
function startsWord({ value, selectionStart }) {
  return selectionStart === 0 || /\s/.test(value[selectionStart - 1]);
}
