// The bedside's forms: what is entered is kept here first, shown as not yet saved, and
// sent; what the server refuses stays until somebody corrects or discards it.

(() => {
  const line = document.getElementById("connection");
  const entries = globalThis.kapEntries;
  if (!line || !entries) return;
  const SHELL = "kap-session-shell";
  const PING_MS = 5_000;
  const own = { user: line.dataset.user, clinic: line.dataset.clinic, session: line.dataset.session };
  const form = document.querySelector('form[data-entry="vitals"]');
  const isShell = document.getElementById("offline") !== null;
  const onScreen = new Map(); // Saved a moment ago; the list that has them is on its way.
  let standing = navigator.onLine ? "answered" : "away";
  let correcting = null;
  let told = 0;
  let sure = false;

  const MEASURES = [["systolic_mmhg", "diastolic_mmhg"], ["heart_rate_bpm"], ["spo2_percent"], ["respiratory_rate_bpm"], ["moaas"]];

  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function icon(name) {
    const use = document.querySelector("svg.icon use").getAttribute("href").replace(/#.*/, `#${name}`);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const made = document.createElementNS("http://www.w3.org/2000/svg", "use");
    made.setAttribute("href", use);
    svg.append(made);
    return svg;
  }

  // What is not saved, as rows above those that are.

  const clock = (at) => new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit", minute: "2-digit", timeZone: document.getElementById("unsaved").dataset.zone,
  }).format(at);

  function badge(tone, symbol, words) {
    return element("span", { className: `badge tone-${tone}` }, icon(symbol), words);
  }

  function stateOf(entry) {
    if (entry.state === "saved") return [badge("good", "check", "Saved")];
    if (entry.state === "discarded") return [badge("quiet", "cross", "Discarded"), element("small", { textContent: ` ${entry.why}` })];
    if (entry.state === "waiting") return [badge("warn", "cloud-off", "Not yet saved")];
    const correct = element("button", { type: "button", className: "button small", textContent: "Correct" });
    correct.addEventListener("click", () => beginCorrecting(entry));
    return [badge("bad", "warning", "Refused"), element("small", { textContent: ` ${entry.reason} ` }), ...(form && entry.what === "vitals" ? [correct] : []), discarding(entry)];
  }

  function discarding(entry) {
    const why = element("input", { name: "why", required: true, maxLength: 200, placeholder: "Why", ariaLabel: "Why it is discarded" });
    const ask = element("form", { className: "inline", hidden: true }, why, element("button", { className: "button small", textContent: "Discard it" }));
    ask.addEventListener("submit", (event) => {
      event.preventDefault();
      ask.remove();
      entries.change(entry, { state: "discarded", why: why.value.trim() || "no reason" });
    });
    const open = element("button", { type: "button", className: "button small", textContent: "Discard" });
    open.addEventListener("click", () => {
      [ask.hidden, open.hidden] = [false, true];
      why.focus();
    });
    return element("span", {}, open, ask);
  }

  function row(entry) {
    const taken = entry.fields.taken_at && !entry.fields.taken_at.endsWith("Z") ? entry.fields.taken_at.slice(11, 16) : clock(entry.at);
    const made = element("tr", { className: `unsaved ${entry.state}` }, element("td", { textContent: taken }));
    made.dataset.key = entry.key;
    if (entry.what === "vitals") {
      for (const measures of MEASURES) {
        const text = measures.map((measure) => entry.fields[measure] || "–").join("/");
        made.append(element("td", { className: "figure", textContent: text }));
      }
    } else {
      made.append(element("td", { colSpan: 5, textContent: "Alert acknowledged" }));
    }
    made.append(element("td", {}, ...stateOf(entry)));
    return made;
  }

  async function show() {
    const kept = await entries.of(own.session);
    const place = document.getElementById("unsaved");
    // Whoever types a reason is left alone.
    if (place && !place.contains(document.activeElement?.closest("form"))) {
      const shown = [...kept, ...onScreen.values()].sort((one, other) => other.at - one.at);
      place.replaceChildren(...shown.map(row));
    }
    say((await entries.all()).filter((one) => one.state === "waiting"));
  }

  // One line says how it stands with the connection.

  function say(waiting) {
    const count = waiting.length === 0 ? "what you enter is" : waiting.length === 1 ? "1 entry is" : `${waiting.length} entries are`;
    const words = line.querySelector("[data-connection-words]");
    line.dataset.waiting = waiting.length;
    line.hidden = false;
    if (standing === "signed out") {
      const login = element("a", { href: `${line.dataset.login}?next=${encodeURIComponent(location.pathname)}`, textContent: "Sign in again" });
      words.replaceChildren(`Your sign-in has ended; ${count} kept in this browser. `, login, " to send what waits.");
    } else if (standing === "another") {
      words.replaceChildren(`Somebody else is signed in by now; ${count} kept for you. `, element("a", { href: location.pathname, textContent: "Load the page anew" }), ".");
    } else if (standing === "away" || isShell) {
      const back = isShell && standing !== "away";
      words.replaceChildren(back ? "The connection is back. " : `No connection. Go on: ${count} kept in this browser and sent later, with the time.`);
      if (back) words.append(element("a", { href: location.pathname, textContent: "Back to the whole page" }));
    } else {
      line.hidden = true;
    }
  }

  async function noteLine(found) {
    if (found === "busy" || found === standing) return;
    standing = found;
    await show();
    if (standing !== "away") entries.send();
    // Nothing is half entered, so the whole page may take the shell's place.
    if (isShell && standing === "answered" && isBlank()) location.reload();
  }

  const isBlank = () => !form || [...form.querySelectorAll("input[data-high]")].every((field) => !field.value);

  async function ping() {
    try {
      const answer = await fetch(line.dataset.shell, { method: "HEAD", headers: { Accept: "application/json" }, redirect: "manual", signal: AbortSignal.timeout(4_000) });
      if (answer.status < 500) noteLine(answer.status === 401 || answer.type === "opaqueredirect" ? "signed out" : "answered");
    } catch {
      noteLine("away");
    }
  }

  // Values nobody has are asked about once more; the server decides.

  function doubts() {
    const found = [];
    for (const field of form.querySelectorAll("input[data-high]")) {
      const value = Number(field.value);
      if (field.value && !(value >= Number(field.dataset.low) && value <= Number(field.dataset.high))) found.push([field, `${field.dataset.label} ${field.value}`]);
    }
    const [upper, lower] = ["systolic_mmhg", "diastolic_mmhg"].map((name) => form.elements[name]);
    if (upper.value && lower.value && Number(lower.value) >= Number(upper.value)) found.push([lower, `Blood pressure ${upper.value}/${lower.value}`]);
    return found;
  }

  function doubted() {
    const found = doubts();
    const asks = form.querySelector("[data-doubt]");
    asks.hidden = found.length === 0 || sure;
    if (asks.hidden) return false;
    form.querySelector("[data-doubt-words]").textContent = `${found.map(([, words]) => words).join(", ")}: is that what you read? Nobody has that.`;
    form.querySelector("[data-doubt-correct]").onclick = () => {
      asks.hidden = true;
      found[0][0].focus();
      found[0][0].select();
    };
    return true;
  }

  function fieldsOf(source) {
    const fields = Object.fromEntries([...new FormData(source)].filter(([, value]) => value !== ""));
    delete fields.form_token;
    delete fields.key;
    return fields;
  }

  // Empty, whatever it was loaded with.
  function clear() {
    form.reset();
    for (const field of form.querySelectorAll("input:not([type=hidden])")) field.value = "";
  }

  async function enterVitals() {
    if (isBlank() || doubted()) return;
    const [fields, asTyped, corrected] = [fieldsOf(form), form.cloneNode(true), correcting];
    const at = corrected?.at ?? entries.now();
    fields.taken_at ??= corrected?.fields.taken_at ?? new Date(at).toISOString();
    // Cleared before it is kept: a second tap sends nothing, and what is typed while the
    // disk is busy is the next reading's.
    clear();
    correcting = null;
    form.querySelector("[data-doubt]").hidden = true;
    form.querySelector("input[data-high]").focus({ preventScroll: true });
    try {
      await entries.add({ ...own, what: "vitals", path: new URL(form.action).pathname, fields, at });
    } catch {
      // Nothing can be kept here, so it goes straight to the server.
      asTyped.hidden = true;
      document.body.append(asTyped);
      return asTyped.submit();
    }
    if (corrected) await entries.drop(corrected);
  }

  function beginCorrecting(entry) {
    correcting = entry;
    clear();
    for (const [name, value] of Object.entries(entry.fields)) {
      // A time in UTC is kept aside: the field is by the clinic's clock.
      if (name !== "taken_at" || !value.endsWith("Z")) form.elements[name].value = value;
    }
    const wrong = form.elements[entry.field] ?? form.querySelector("input[data-high]");
    wrong.focus();
    wrong.select?.();
  }

  async function acknowledge(source) {
    const fields = fieldsOf(source);
    const at = entries.now();
    if (standing === "away") fields.note = `taken on at ${clock(at)}, without a connection`;
    source.querySelector("button").disabled = true;
    const key = source.elements.key.value;
    try {
      const kept = await entries.of(own.session);
      if (!kept.some((one) => one.key === key)) await entries.add({ ...own, key, what: "acknowledge", path: new URL(source.action).pathname, fields, at });
    } catch {
      source.submit(); // As with vital signs that cannot be kept.
    }
  }

  document.addEventListener("submit", (event) => {
    const what = event.target.dataset.entry;
    if (!what) return;
    event.preventDefault();
    sure = event.submitter?.matches("[data-doubt-send]") ?? false;
    if (what === "vitals") enterVitals();
    else acknowledge(event.target);
  });

  // What the server says of the time, of new readings, and whether it answers at all.

  function noteFresh() {
    const fresh = Number(document.querySelector("[data-poll]")?.dataset.now);
    if (fresh !== told) entries.setClock(fresh);
    told = fresh;
    const place = document.getElementById("chart-data");
    for (const field of document.querySelectorAll("[data-before]")) {
      const last = JSON.parse(place?.dataset.before ?? "{}")[field.dataset.before];
      if (last !== undefined) field.textContent = last ?? "–";
    }
    onScreen.clear();
    show();
  }

  document.addEventListener("htmx:after:swap", noteFresh);
  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceElement?.matches?.("[data-poll]")) noteLine(ctx.response.status === 401 ? "signed out" : ctx.response.status < 500 ? "answered" : "away");
  });
  document.addEventListener("htmx:error", () => noteLine("away"));
  window.addEventListener("offline", () => noteLine("away"));
  window.addEventListener("online", ping);
  entries.heard.addEventListener("changed", show);
  entries.heard.addEventListener("line", (event) => noteLine(event.detail));
  entries.heard.addEventListener("saved", (event) => {
    onScreen.set(event.detail.key, { ...event.detail, state: "saved" });
    const seen = document.getElementById("seen");
    if (!seen) return;
    seen.value = ""; // The news of it may be under way yet; the record has it.
    globalThis.htmx.trigger("#session", "refresh");
  });

  // The page without a connection is kept while the session runs, for whoever looks.

  async function keepShell() {
    const kept = await caches.open(SHELL);
    if (!form) return kept.delete(line.dataset.shell);
    await navigator.serviceWorker.register(line.dataset.worker, { scope: line.dataset.scope });
    const answer = await fetch(line.dataset.shell);
    if (!answer.ok || answer.redirected) return false;
    const page = new DOMParser().parseFromString(await answer.clone().text(), "text/html");
    const all = (selector, name) => [...page.querySelectorAll(selector)].map((one) => one.getAttribute(name));
    const parts = [...new Set([
      ...all("link[rel=stylesheet], link[rel=icon]", "href"), ...all("script[src], img", "src"),
      ...all("use", "href").map((one) => one.replace(/#.*/, "")),
    ])];
    const isOld = ({ url }) => url.includes("/static/") && !parts.some((part) => url.endsWith(part));
    for (const old of (await kept.keys()).filter(isOld)) await kept.delete(old);
    await kept.addAll(parts);
    await kept.put(line.dataset.shell, answer);
    localStorage.setItem(SHELL, own.user);
    line.dataset.kept = "";
    return true;
  }

  entries.begin(own.user);
  if (isShell) setInterval(ping, PING_MS);
  else {
    noteFresh();
    keepShell().catch(() => undefined); // Without it the page works as any other.
  }
  show();
  entries.send();
})();
