// Times: waiting as a running clock, the past as "5 min", always with the exact time in the title.

const MINUTE = 60_000;

function waiting(ms, words) {
  if (ms >= 48 * 60 * MINUTE) return ago(ms, words);
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const pad = (n) => String(n).padStart(2, "0");
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

function ago(ms, words) {
  if (ms < MINUTE) return words.now;
  if (ms < 60 * MINUTE) return words.minutes.replace("{count}", Math.floor(ms / MINUTE));
  if (ms < 48 * 60 * MINUTE) return words.hours.replace("{count}", Math.floor(ms / 60 / MINUTE));
  return words.days.replace("{count}", Math.floor(ms / 24 / 60 / MINUTE));
}

export function startTimes(words) {
  const lang = document.documentElement.lang;
  const short = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit" });
  const day = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const exact = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "medium" });

  function show(element) {
    const at = new Date(element.dateTime);
    const passed = Date.now() - at;
    const kind = element.dataset.time;
    let text = passed < 20 * 60 * MINUTE ? short.format(at) : day.format(at);
    if (kind === "waiting") text = waiting(passed, words);
    if (kind === "ago") text = ago(passed, words);
    if (element.textContent !== text) element.textContent = text;
    if (!element.title) element.title = exact.format(at);
  }

  function refresh(root = document) {
    for (const element of root.querySelectorAll("time[data-time]")) show(element);
  }

  refresh();
  setInterval(() => {
    for (const element of document.querySelectorAll('time[data-time="waiting"], time[data-time="ago"]')) show(element);
  }, 1000);
  return { refresh };
}
