// A session's page hears of news as soon as it is told. Where it cannot hear, it asks
// every second.

(() => {
  const PAUSE_MS = 1_000;
  const BREATH_MS = 100;

  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  // A page that nobody looks at keeps none of the few connections a browser has.
  const shown = () => new Promise((done) => {
    if (!document.hidden) done();
    else document.addEventListener("visibilitychange", done, { once: true });
  });

  // The page is made anew; what it has seen by then is what the next question tells.
  function refresh() {
    const done = new Promise((settled) => document.addEventListener("htmx:finally:request", settled, { once: true }));
    globalThis.htmx.trigger("#session", "refresh");
    return Promise.race([done, pause(PAUSE_MS)]);
  }

  async function ask(url) {
    const seen = document.getElementById("seen")?.value ?? "";
    const answer = await fetch(`${url}?${new URLSearchParams({ seen })}`, { headers: { "HX-Request": "true" } });
    return answer.status;
  }

  async function listen() {
    for (;;) {
      await shown();
      const url = document.getElementById("session")?.dataset.news;
      const status = url ? await ask(url).catch(() => 0) : 204;
      if (status !== 204) await refresh();
      const hears = url && (status === 200 || status === 204);
      await pause(hears ? BREATH_MS : PAUSE_MS);
    }
  }

  listen();
})();
