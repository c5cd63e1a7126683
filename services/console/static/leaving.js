// Each point of a patient's leaving is kept as it is ticked; what could not be kept is
// sent with the next one, or when the connection is back.

(() => {
  const PATIENCE_MS = 8_000;
  const waiting = new Set();
  let sending = Promise.resolve();

  function say(form, words) {
    const line = form.querySelector("[data-kept]");
    [line.hidden, line.textContent] = [false, words];
  }

  function bodyOf(form, names) {
    const body = new URLSearchParams({ form_token: form.elements.form_token.value });
    for (const name of names) {
      const field = form.elements[name];
      if (field.type === "checkbox") {
        body.append("asked", name);
        if (field.checked) body.append(name, "on");
      } else {
        // The score is kept as a whole.
        for (const part of form.querySelectorAll("select")) body.set(part.name, part.value);
      }
    }
    return body;
  }

  async function send(form) {
    const names = [...waiting];
    if (names.length === 0) return;
    names.forEach((name) => waiting.delete(name));
    try {
      const answer = await fetch(form.dataset.keep, {
        method: "POST", body: bodyOf(form, names), headers: { Accept: "application/json" },
        redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const said = await answer.json();
      say(form, said.saved ? "Kept." : `Not kept: ${said.detail ?? "the service refused it"}`);
    } catch {
      names.forEach((name) => waiting.add(name));
      say(form, "Not kept yet: no connection.");
    }
  }

  const keep = (form) => {
    sending = sending.then(() => send(form));
  };

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-keep]");
    if (!form || !event.target.matches("[type=checkbox], select")) return;
    waiting.add(event.target.name);
    keep(form);
  });
  window.addEventListener("online", () => {
    const form = document.querySelector("form[data-keep]");
    if (form) keep(form);
  });
})();
