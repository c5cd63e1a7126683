// A note is saved as it is written; what did not arrive is sent again until it does.
// It is signed once what is being saved has arrived: the signature names its version.

(() => {
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const word = form.querySelector("[data-draft-word]");
  const version = form.elements.version;
  const AFTER_MS = 900;
  const AGAIN_MS = 5_000;
  const PATIENCE_MS = 8_000;
  let waits = false;
  let underWay = false;
  let isElsewhere = false;
  let timer = 0;
  let pressed = null;

  function soon(ms) {
    clearTimeout(timer);
    timer = setTimeout(save, ms);
  }

  async function save() {
    if (!waits || underWay || isElsewhere) return;
    underWay = true;
    waits = false;
    const body = new URLSearchParams(new FormData(form));
    body.set("do", "keep");
    try {
      const answer = await fetch(form.action, {
        method: "POST", body, headers: { "X-Kept": "1" }, credentials: "same-origin",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const said = await answer.json();
      if (answer.ok) {
        version.value = said.version;
        word.textContent = waits ? "" : "Saved.";
      } else if (answer.status === 409) {
        // Sending the same again would only be refused again.
        isElsewhere = !Object.keys(said.faults ?? {}).length;
        waits = isElsewhere;
        word.textContent = `Not saved: ${said.problem}.`;
      } else {
        throw new Error(String(answer.status));
      }
    } catch {
      waits = true;
      word.textContent = "Not saved yet; trying again. You can go on writing.";
    }
    underWay = false;
    const button = pressed;
    pressed = null; // Pressed once, it signs once.
    if (button) form.requestSubmit(button);
    else if (waits) soon(AGAIN_MS);
  }

  form.addEventListener("input", () => {
    waits = true;
    soon(AFTER_MS);
  });
  form.addEventListener("submit", (event) => {
    waits = false;
    clearTimeout(timer);
    if (!underWay) return;
    event.preventDefault();
    pressed = event.submitter;
  });
  window.addEventListener("online", () => soon(0));
  window.addEventListener("beforeunload", (event) => {
    if (waits) event.preventDefault();
  });
})();
