// The service worker: opens the page without a network, and sends what waits when the network is back while nobody
// looks. It keeps the page and its icons, and never an answer of the doors or anybody's photo.
import { Refused, post, send } from "./doors.js";
import * as store from "./store.js";

const CACHE = `fengqiao-${VERSION}`;
const isPage = (url) => url.pathname === "/" || /^\/p\/[^/]+$/.test(url.pathname);

/** A page by its path and language; whatever else stands in the address does not change it. */
function keyOf(url) {
  const lang = url.searchParams.get("lang");
  return url.origin + url.pathname + (lang ? `?lang=${encodeURIComponent(lang)}` : "");
}

/** Asks for the page as somebody nobody knows would get it, and keeps it. */
async function fresh(address, cache) {
  const answer = await fetch(address, { credentials: "omit", cache: "no-cache" });
  if (answer.ok) await cache.put(address, answer.clone());
  return answer;
}

/** Keeps the pages that are open or were kept before, so that an update forgets none. */
async function fill() {
  const cache = await caches.open(CACHE);
  const open = (await self.clients.matchAll({ type: "window", includeUncontrolled: true })).map((one) => one.url);
  const before = [];
  for (const name of await caches.keys()) for (const asked of await (await caches.open(name)).keys()) before.push(asked.url);
  const pages = [...open, ...before, `${self.location.origin}/`].map((one) => new URL(one)).filter(isPage);
  await Promise.all([...new Set(pages.map(keyOf))].map((address) => fresh(address, cache)));
}

async function clear() {
  const old = (await caches.keys()).filter((name) => name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The page as it is kept, asked for anew behind its back; without a network any page of ours will do. */
async function shown(event, url) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(keyOf(url));
  const asked = fresh(keyOf(url), cache);
  if (kept) {
    event.waitUntil(asked.catch(() => undefined));
    return kept;
  }
  try {
    return await asked;
  } catch (error) {
    const other = await cache.match(`${self.location.origin}/`);
    if (other) return other;
    throw error;
  }
}

async function pictured(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(fill());
});
self.addEventListener("activate", (event) => event.waitUntil(clear()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && isPage(url)) event.respondWith(shown(event, url));
  else if (url.pathname.startsWith(ICONS)) event.respondWith(pictured(event.request));
});

/* ---- sending in the background */

/** Somebody who looks at the page sends by themselves. */
async function looking() {
  const windows = await self.clients.matchAll({ type: "window" });
  return windows.some((one) => one.visibilityState === "visible" && isPage(new URL(one.url)));
}

/** The network may have gone before the page had begun a conversation: then it begins with what was said. */
async function deliver(item) {
  const locale = item.locale || "zh-Hans";
  try {
    await send(item, locale);
  } catch (error) {
    if (error.status !== 401) throw error;
    await post("/api/chat/session", locale, item.code ? { locale, place: item.code } : { locale });
    await send(item, locale);
  }
}

async function sendAll() {
  for (const item of await store.all()) {
    if (item.state === "refused") continue;
    try {
      await deliver(item);
      await store.remove(item.key);
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 401) throw error; // the browser tries again later
      await store.put({ ...item, state: "refused", words: error.message });
    }
  }
}

async function drain() {
  if (await looking()) return;
  await navigator.locks.request("fengqiao-outbox", sendAll); // a page that is closing may still hold it
  for (const one of await self.clients.matchAll({ type: "window" })) one.postMessage("sent");
}

self.addEventListener("sync", (event) => {
  if (event.tag === "outbox") event.waitUntil(drain());
});
