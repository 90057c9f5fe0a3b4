/*
 * The page without a network: the server is asked first, and only where it does not answer is what
 * this browser kept shown. Records, receipts and everything under /v1/ are never kept.
 */

const CACHE = "provenance-page";
const SHELL = "/verify";

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  const isShell = request.mode === "navigate" && pathname === SHELL;
  if (isShell || pathname.startsWith("/web/")) event.respondWith(answer(request, isShell));
});

async function answer(request, isShell) {
  try {
    return await fetch(request);
  } catch (error) {
    const cache = await caches.open(CACHE);
    const kept = await cache.match(isShell ? SHELL : request, { ignoreVary: true });
    if (kept === undefined) throw error;
    return kept;
  }
}
