// Numbers with one hand: each field goes on to the next by itself once another digit
// could only make its value impossible.

(() => {
  const form = document.querySelector('form[data-entry="vitals"]');
  if (!form) return;
  const pad = form.querySelector("[data-keypad]");
  const fields = [...form.querySelectorAll("input[data-high]")];
  const save = form.querySelector("button.save");
  let here = fields[0];

  function goTo(element) {
    if (fields.includes(element)) here = element;
    for (const field of fields) field.toggleAttribute("data-here", field === here);
    element.focus({ preventScroll: true });
  }

  const after = (field) => fields[fields.indexOf(field) + 1] ?? save;

  function goOn(field) {
    const value = Number(field.value);
    if (/^\d+$/.test(field.value) && value * 10 > Number(field.dataset.high)) goTo(after(field));
  }

  function type(key) {
    if (key === "next") return goTo(after(here));
    if (key === "back") {
      // An empty field has nothing to delete: the mistake is in the one before.
      if (!here.value) here = fields[Math.max(0, fields.indexOf(here) - 1)];
      here.value = here.value.slice(0, -1);
      return goTo(here);
    }
    here.value += key;
    goTo(here);
    goOn(here);
  }

  pad.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (key) type(key);
  });
  for (const field of fields) {
    field.inputMode = "none"; // The keypad is there; a second one would cover it.
    field.addEventListener("focus", () => goTo(field));
    field.addEventListener("input", (event) => {
      if (event.inputType === "insertText") goOn(field);
    });
  }
  form.addEventListener("reset", () => {
    here = fields[0];
    for (const field of fields) field.toggleAttribute("data-here", field === here);
  });
  pad.hidden = false;
  here.toggleAttribute("data-here", true);
})();
