// On the wall: what this person entered in a session and the server does not have yet.

(() => {
  const line = document.getElementById("unsent");
  const entries = globalThis.kapEntries;
  if (!line || !entries) return;

  async function show() {
    const kept = (await entries.all()).filter((one) => one.state !== "discarded");
    const sessions = new Map(kept.map((one) => [one.session, one.path.replace(/\/sessions\/([^/]+)\/.*/, "/sessions/$1")]));
    const links = [...sessions].map(([session, path]) =>
      Object.assign(document.createElement("a"), { href: path, textContent: `session ${session.slice(-6)}` }));
    const words = line.querySelector("span");
    words.replaceChildren(`Not yet saved: ${kept.length} of what you entered. See `);
    links.forEach((link, n) => words.append(n ? ", " : "", link));
    line.hidden = kept.length === 0;
  }

  entries.heard.addEventListener("changed", show);
  entries.begin(document.body.dataset.user);
  entries.send();
  show();
})();
