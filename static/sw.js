// Keeps the page for days without a network. Files with a hash in their names never change, so the copy
// is taken; everything else is asked for first. Which hashes belong to the present release is read from
// the page itself: a new page brings its own files in and throws the old ones out.
const CACHE = "splitvote";
const HASHED = /[\w.-]*-[0-9a-f]{8,}[\w.]*\.(?:js|wasm|css|svg|png)/g;
const BESIDE = ["app.webmanifest", "icon.svg", "words/zh-Hans.txt", "lab.js", "lab_bg.wasm", "lab_loader.js"];

const here = (path) => new URL(path, self.registration.scope).href;
const hashed = (address) => new URL(address).pathname.split("/").pop().search(HASHED) === 0;

async function keep(page) {
  const cache = await caches.open(CACHE);
  const names = [...new Set((await page.clone().text()).match(HASHED))].map(here);
  const held = (await cache.keys()).map((request) => request.url);
  await cache.addAll(names.filter((name) => !held.includes(name)));
  await cache.put(here("./"), page);
  await Promise.all(held.filter((name) => hashed(name) && !names.includes(name)).map((name) => cache.delete(name)));
}

async function install() {
  await keep(await fetch(here("./"), { cache: "no-cache" }));
  const cache = await caches.open(CACHE);
  // What is only nice to have keeps nobody from being installed.
  await Promise.allSettled(BESIDE.map((path) => cache.add(here(path))));
  await self.skipWaiting();
}

// A network that takes a request and never answers must not keep who has a copy from reading it.
const PATIENCE_MS = 4000;
const soon = (request) =>
  Promise.race([fetch(request), new Promise((_, late) => setTimeout(late, PATIENCE_MS, new Error("no answer")))]);

async function page(event) {
  const kept = await caches.match(here("./"));
  try {
    const fresh = await (kept ? soon(event.request) : fetch(event.request));
    if (fresh.ok) event.waitUntil(keep(fresh.clone()).catch(() => {}));
    return fresh;
  } catch (offline) {
    if (kept) return kept;
    throw offline;
  }
}

async function file(request) {
  const kept = await caches.match(request);
  if (kept && hashed(request.url)) return kept;
  try {
    const fresh = await (kept ? soon(request) : fetch(request));
    if (fresh.ok) (await caches.open(CACHE)).put(request, fresh.clone());
    return fresh;
  } catch (offline) {
    if (kept) return kept;
    throw offline;
  }
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  if (request.mode !== "navigate") return event.respondWith(file(request));
  // Only the page itself: a picture or a text of this folder that is opened alone is no page.
  const path = new URL(request.url).pathname;
  if (path.endsWith("/") || path.endsWith("/index.html")) event.respondWith(page(event));
});
