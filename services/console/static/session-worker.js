// Without a connection a session's page still opens, empty but for its entry. Nothing
// else is answered from here: no other page, and nothing that names a patient.

const KEPT = "kap-session-shell";
const SESSION = /^\/clinics\/[0-9a-f-]{36}\/sessions\/[0-9a-f-]{36}$/;
const GATEWAY = [502, 503, 504];

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && SESSION.test(pathname)) event.respondWith(page(request, pathname));
  else if (pathname.startsWith("/static/")) event.respondWith(asset(request));
});

async function page(request, pathname) {
  try {
    const answer = await fetch(request);
    if (!GATEWAY.includes(answer.status)) return answer;
    return (await shell(pathname)) ?? answer;
  } catch {
    return (await shell(pathname)) ?? Response.error();
  }
}

async function shell(pathname) {
  const kept = await caches.open(KEPT);
  return kept.match(`${pathname}/offline`);
}

// An address with a digest never changes what it means.
async function asset(request) {
  const kept = await caches.open(KEPT);
  return (await kept.match(request)) ?? fetch(request);
}
