// An appointment is dragged, or taken by the keyboard, to another time or row of the
// board. Nothing is moved here: the page it leads to says what the move would do.

(() => {
  const SLOT_MS = 15 * 60_000;
  const HOUR_MS = 3_600_000;
  const told = document.getElementById("move-told");
  const ghost = document.createElement("div");
  ghost.className = "move-ghost";
  ghost.hidden = true;
  ghost.setAttribute("aria-hidden", "true");
  document.body.append(ghost);

  // The board is drawn anew every few seconds: only ids and numbers are kept.
  let taken = null;

  const day = () => document.querySelector(".day[data-by]");
  const rows = () => [...document.querySelectorAll(".room[data-row]")];
  const rowOf = (element) => element?.closest?.(".room[data-row]");
  const tileOf = (element) => element?.closest?.(".tile[data-move]");
  const begins = () => Number(day().dataset.begins);
  const lasts = () => Number(day().dataset.hours) * HOUR_MS;

  function clock(ms) {
    return new Intl.DateTimeFormat("en-GB", {
      hour: "2-digit", minute: "2-digit", timeZone: day().dataset.zone,
    }).format(ms);
  }

  function say(text) {
    told.textContent = text;
  }

  function take(tile, grabbed) {
    const { starts, ends, move } = tile.dataset;
    taken = {
      id: tile.id,
      href: move,
      from: rowOf(tile).dataset.row,
      row: rowOf(tile).dataset.row,
      at: Number(starts),
      was: Number(starts),
      lasts: Number(ends) - Number(starts),
      grabbed,
    };
  }

  function leave() {
    taken = null;
    ghost.hidden = true;
  }

  function within(ms) {
    const last = begins() + lasts() - SLOT_MS;
    return Math.min(Math.max(ms, begins()), last);
  }

  function draw() {
    const row = rows().find((one) => one.dataset.row === taken.row);
    if (!row) return;
    const lane = row.querySelector(".lane").getBoundingClientRect();
    const pixels = lane.width / lasts();
    ghost.style.left = `${lane.left + (taken.at - begins()) * pixels}px`;
    ghost.style.top = `${lane.top}px`;
    ghost.style.width = `${taken.lasts * pixels}px`;
    ghost.style.height = `${lane.height}px`;
    ghost.textContent = clock(taken.at);
    ghost.hidden = false;
  }

  function preview() {
    const { href, at, was, row, from } = taken;
    leave();
    if (at === was && row === from) {
      say("It stays where it is.");
      return;
    }
    const asked = new URLSearchParams({
      starts_at: new Date(at).toISOString(), back: "board",
    });
    if (row && row !== from) asked.set(`${day().dataset.by}_id`, row);
    location.assign(`${href}?${asked}`);
  }

  // By pointer.
  document.addEventListener("dragstart", (event) => {
    const tile = tileOf(event.target);
    if (!tile) return;
    const box = tile.getBoundingClientRect();
    take(tile, event.clientX - box.left);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setDragImage(tile, taken.grabbed, event.clientY - box.top);
  });
  document.addEventListener("dragover", (event) => {
    const row = taken && rowOf(event.target);
    if (!row) return;
    event.preventDefault();
    const lane = row.querySelector(".lane").getBoundingClientRect();
    const left = (event.clientX - taken.grabbed - lane.left) / lane.width;
    const slots = Math.round((left * lasts() + begins() - taken.was) / SLOT_MS);
    taken.at = within(taken.was + slots * SLOT_MS);
    taken.row = row.dataset.row;
    draw();
  });
  document.addEventListener("drop", (event) => {
    if (!taken || !rowOf(event.target)) return;
    event.preventDefault();
    preview();
  });
  document.addEventListener("dragend", leave);

  // By keyboard.
  const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
  const LINES = { ArrowUp: -1, ArrowDown: 1 };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tile = tileOf(document.activeElement);
    if (!taken && event.key.toLowerCase() === "m" && tile) {
      take(tile, 0);
      draw();
      say("Moving. Left and right change the time, up and down the row. Enter shows what it would do, Escape leaves it.");
      event.preventDefault();
    } else if (taken) {
      move(event);
    }
  });

  function move(event) {
    if (event.key === "Escape") {
      leave();
      say("Not moved.");
    } else if (event.key === "Enter") {
      preview();
    } else if (event.key in STEPS) {
      taken.at = within(taken.at + STEPS[event.key] * SLOT_MS);
    } else if (event.key in LINES) {
      const ids = rows().map((row) => row.dataset.row);
      const next = ids[ids.indexOf(taken.row) + LINES[event.key]];
      taken.row = next || taken.row;
    } else {
      if (event.key === "Tab") leave();
      return;
    }
    event.preventDefault();
    if (!taken) return;
    draw();
    const row = rows().find((one) => one.dataset.row === taken.row);
    row?.scrollIntoView({ block: "nearest" });
    say(`${clock(taken.at)}, ${row?.getAttribute("aria-label") ?? ""}`);
  }

  addEventListener("resize", () => taken && draw());
  addEventListener("scroll", () => taken && draw(), true);
})();
