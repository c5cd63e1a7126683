// What pages do by themselves: clocks tick, waiting times count, old data is called old.

(() => {
  const loaded = { wall: 0, at: performance.now() };
  const SHELL = "kap-session-shell";
  let told = 0;
  const STALE_AFTER_MS = 12_000;
  let freshAt = performance.now();

  // The server's clock counts; the browser only says how long ago it was read.
  const now = () => loaded.wall + (performance.now() - loaded.at);

  function setClock(epoch) {
    if (epoch > 0) {
      loaded.wall = epoch;
      loaded.at = performance.now();
    }
  }

  const two = (n) => String(n).padStart(2, "0");

  function countUp(ms) {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    const hours = Math.floor(seconds / 3600);
    const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    return hours ? `${hours}:${rest}` : rest;
  }

  function span(ms) {
    const minutes = Math.floor(Math.abs(ms) / 60_000);
    if (minutes < 1) return `${Math.floor(Math.abs(ms) / 1000)} s`;
    if (minutes < 60) return `${minutes} min`;
    const hours = Math.floor(minutes / 60);
    if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
    const days = Math.floor(hours / 24);
    return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
  }

  function tick() {
    for (const element of document.querySelectorAll("[data-clock]")) {
      const time = new Intl.DateTimeFormat("en-GB", {
        hour: "2-digit", minute: "2-digit", timeZone: element.dataset.zone,
      });
      write(element, time.format(now()));
    }
    for (const element of document.querySelectorAll("[data-since]")) {
      write(element, countUp(now() - Number(element.dataset.since)));
    }
    for (const element of document.querySelectorAll("[data-due]")) {
      const left = Number(element.dataset.due) - now();
      write(element, left < 0 ? `${span(left)} over` : `in ${span(left)}`);
      element.classList.toggle("over", left < 0);
    }
    for (const element of document.querySelectorAll("[data-stay]")) {
      const left = Number(element.dataset.stay) - now();
      write(element, left > 0 ? `in ${span(left)}` : "now");
    }
    showStaleness();
  }

  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function showStaleness() {
    const banner = document.getElementById("stale");
    if (!banner || !document.querySelector("[data-poll]")) return;
    const old = performance.now() - freshAt > STALE_AFTER_MS;
    if (old && banner.hidden) {
      const zone = document.querySelector("[data-zone]")?.dataset.zone;
      const at = loaded.wall + (freshAt - loaded.at);
      banner.querySelector("[data-stale-since]").textContent =
        new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: zone }).format(at);
    }
    banner.hidden = !old;
  }

  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceElement?.matches?.("[data-poll]") && ctx.response.status < 400) {
      freshAt = performance.now();
    }
  });

  // A part that was asked for again brings the server's clock along: a browser that
  // slept has lost count.
  document.addEventListener("htmx:after:swap", () => {
    const fresh = Number(document.querySelector("[data-poll]")?.dataset.now);
    if (fresh !== told) setClock(fresh);
    told = fresh;
    tick();
  });

  // A page that opens without a connection is for whoever was here when it was kept.
  if (localStorage.getItem(SHELL) && localStorage.getItem(SHELL) !== document.body.dataset.user) {
    localStorage.removeItem(SHELL);
    globalThis.caches?.delete(SHELL);
  }
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-sign-out]")) globalThis.caches?.delete(SHELL);
  });

  // One open menu at a time; a click elsewhere closes it.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  });

  setClock(Number(document.querySelector("[data-clock]")?.dataset.clock ?? Date.now()));
  setInterval(tick, 1000);
  tick();
})();
