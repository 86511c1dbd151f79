// Passkeys: asks the browser for one, puts its answer into the form and sends it.

for (const form of document.querySelectorAll("[data-passkey]")) {
  const making = form.dataset.passkey === "make";
  const read = making ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
  if (!window.PublicKeyCredential?.[read]) continue;
  form.hidden = false;
  form.querySelector("button").addEventListener("click", async () => {
    const problem = form.querySelector("[data-problem]");
    problem.hidden = true;
    try {
      const publicKey = PublicKeyCredential[read](JSON.parse(form.dataset.options));
      const key = await (making ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
      form.elements.answer.value = JSON.stringify(key.toJSON());
      form.submit();
    } catch {
      // Cancelled, timed out, or no fitting key: the person may try again or go another way.
      problem.hidden = false;
    }
  });
}
