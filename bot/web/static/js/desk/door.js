// Small helps on forms: show a password, copy a link. Everything works without them.

for (const button of document.querySelectorAll("[data-reveal]")) {
  const fields = button.dataset.reveal.split(" ").map((id) => document.getElementById(id));
  button.hidden = false;
  button.addEventListener("click", () => {
    const show = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(show));
    for (const field of fields) field.type = show ? "text" : "password";
  });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    // Copying needs https; on plain http the text is at least selected.
    await navigator.clipboard?.writeText(field.value).catch(() => {});
    button.textContent = button.dataset.copied;
  });
}
