// Keeps what was entered at the bedside until the server has it, and sends it in order,
// each with its own time and a key that lets it happen once. What is kept belongs to
// who entered it: nobody else who uses this browser sends it, or sees it.

globalThis.kapEntries = (() => {
  if (!isSecureContext) return null; // The forms go straight to the server then.
  const NAME = "kap-entries";
  const PATIENCE_MS = 8_000;
  const A_DAY_MS = 12 * 3_600_000;
  const PAUSES_MS = [1_000, 2_000, 4_000, 8_000];
  const LATE = "entered offline";
  const LATER = new Set([408, 412, 425, 429]);
  const heard = new EventTarget();
  const others = new BroadcastChannel(NAME);
  let pauses = 0;
  let timer = 0;
  let user = "";

  const opened = new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(NAME, { keyPath: "order", autoIncrement: true });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });

  // Done only once it is on the disk: a tablet may be switched off a moment later.
  async function within(mode, work) {
    const database = await opened;
    return new Promise((resolve, reject) => {
      const change = database.transaction(NAME, mode, { durability: "strict" });
      const asked = work(change.objectStore(NAME));
      change.oncomplete = () => resolve(asked.result);
      change.onerror = change.onabort = () => reject(change.error);
    });
  }

  const all = async () => (await within("readonly", (store) => store.getAll())).filter((one) => one.user === user);
  const put = (entry) => within("readwrite", (store) => store.put(entry));
  const remove = (entry) => within("readwrite", (store) => store.delete(entry.order));

  function tell(name, detail) {
    heard.dispatchEvent(new CustomEvent(name, { detail }));
    if (name === "changed") others.postMessage(name);
  }
  others.onmessage = () => heard.dispatchEvent(new CustomEvent("changed"));

  // The server's clock counts: how far this one is off is kept for when it is away.
  const now = () => Date.now() + Number(localStorage.getItem("kap-clock") ?? 0);
  function setClock(epoch, askedAt = Date.now()) {
    if (!(epoch > 0)) return;
    const between = (askedAt + Date.now()) / 2;
    localStorage.setItem("kap-clock", String(Math.round(epoch - between)));
  }

  async function add(entry) {
    await put({ key: crypto.randomUUID(), at: now(), state: "waiting", ...entry, user });
    tell("changed");
    send();
  }

  async function change(entry, changes) {
    await put({ ...entry, ...changes });
    tell("changed");
    send();
  }

  async function drop(entry) {
    await remove(entry);
    tell("changed");
  }

  // Only one window sends at a time; another looks again a little later.
  function send() {
    return navigator.locks.request(NAME, { ifAvailable: true }, async (lock) => {
      const outcome = lock ? await sendAll() : "busy";
      clearTimeout(timer);
      if (outcome === "done") pauses = 0;
      else timer = setTimeout(send, PAUSES_MS[Math.min(pauses++, PAUSES_MS.length - 1)]);
    });
  }

  async function sendAll() {
    for (;;) {
      const entry = (await all()).find((one) => one.state === "waiting");
      if (!entry) return "done";
      const outcome = await sendOne(entry);
      if (outcome !== "sent") return outcome;
    }
  }

  async function sendOne(entry) {
    const askedAt = Date.now();
    const said = await ask(entry);
    setClock(said.now, askedAt);
    tell("line", said.standing);
    if (said.standing !== "answered") return said.standing;
    if (said.saved) {
      await remove(entry);
      tell("saved", entry);
    } else if (said.field === "late_reason" && !entry.fields.late_reason) {
      // Nothing was kept yet, so the same key goes on with the reason the server wants.
      await put({ ...entry, fields: { ...entry.fields, late_reason: LATE } });
    } else {
      await put({ ...entry, state: "refused", reason: said.detail ?? "It was refused.", field: said.field });
    }
    tell("changed");
    return "sent";
  }

  // What the server said; "away" also of whatever answers in its place.
  async function ask(entry) {
    const body = new URLSearchParams({ ...entry.fields, key: entry.key, entered_by: entry.user });
    try {
      const answer = await fetch(entry.path, {
        method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin",
        redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (answer.status === 401 || answer.type === "opaqueredirect") return { standing: "signed out" };
      const said = await answer.json();
      if (said.code === "entered_by_another") return { ...said, standing: "another" };
      const isLater = answer.status >= 500 || LATER.has(answer.status) || said.code === "idempotency_key_in_use";
      const isOurs = said.saved === true || typeof said.code === "string";
      return { ...said, standing: isLater || !isOurs ? "away" : "answered" };
    } catch {
      return { standing: "away" };
    }
  }

  window.addEventListener("online", () => {
    pauses = 0;
    send();
  });

  return {
    heard, now, setClock, add, change, drop, send, all,
    async begin(who) {
      user = who;
      // What was discarded is shown for a working day, to whoever discarded it.
      const isOver = (one) => one.state === "discarded" && now() - one.at > A_DAY_MS;
      for (const one of (await within("readonly", (store) => store.getAll())).filter(isOver)) await remove(one);
    },
    of: async (session) => (await all()).filter((one) => one.session === session),
  };
})();
