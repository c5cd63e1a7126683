// Answers are kept as one goes along; what did not arrive is sent again until it does.

(() => {
  const form = document.querySelector("form[data-kept]");
  if (!form) return;
  const word = form.querySelector("[data-kept-word]");
  const AFTER_MS = 700;
  const AGAIN_MS = 5_000;
  let waits = false;
  let underWay = false;
  let timer = 0;

  function say(text, isWaiting) {
    word.textContent = text;
    word.classList.toggle("waits", isWaiting);
  }

  function soon(ms) {
    clearTimeout(timer);
    timer = setTimeout(keep, ms);
  }

  async function keep() {
    if (!waits || underWay) return;
    underWay = true;
    waits = false;
    const body = new URLSearchParams(new FormData(form));
    body.set("do", "keep");
    try {
      const answer = await fetch(form.action, {
        method: "POST", body, headers: { "X-Kept": "1" }, credentials: "same-origin",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      say(waits ? "" : "Kept.", false);
    } catch {
      waits = true;
      say("Not kept yet; trying again. You can go on answering.", true);
    }
    underWay = false;
    if (waits) soon(AGAIN_MS);
  }

  function showAsked() {
    for (const part of form.querySelectorAll("[data-asked-if]")) {
      const name = part.dataset.askedIf;
      const chosen = form.querySelector(`input[name="${CSS.escape(name)}"]:checked`);
      part.hidden = chosen !== null && chosen.value === "0";
    }
  }

  form.addEventListener("change", () => {
    waits = true;
    showAsked();
    soon(AFTER_MS);
  });
  form.addEventListener("submit", () => {
    waits = false;
    clearTimeout(timer);
  });
  window.addEventListener("online", () => soon(0));
  window.addEventListener("beforeunload", (event) => {
    if (waits) event.preventDefault();
  });
  showAsked();
})();
