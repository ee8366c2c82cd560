// Everything the resident says leaves through here: kept first, then sent in order, each under its own key.
import { page, t, uuid } from "../lib/dom.js";
import * as store from "./store.js";
import { Refused } from "./doors.js";
import { later } from "./installed.js";
import { deliver, place } from "./net.js";

const FIRST_WAIT = 1000;
const LAST_WAIT = 30000;
const BROKEN = 500;
const MOST_BROKEN = 6; // a message the server breaks on must not hold up those behind it

let items = [];
let wait = FIRST_WAIT;
let timer = 0;
let busy = false;
let lastOrder = 0;
const broken = new Map(); // key → how often the server broke on it
let told = { changed() {}, answered() {}, settled() {}, refused() {} };

/** Items still on their way or refused, oldest first; `state` is waiting, retrying or refused. */
export const pending = () => items;

async function load() {
  const retrying = new Set(items.filter((item) => item.state === "retrying").map((item) => item.key));
  items = (await store.all()).map((item) => (retrying.has(item.key) && item.state === "waiting" ? { ...item, state: "retrying" } : item));
  lastOrder = items.length ? Math.max(lastOrder, items[items.length - 1].order) : lastOrder;
  told.changed();
}

/** Takes up what an earlier visit left. `answered` ends before the item is dropped, `settled` before the next is sent. */
export async function begin(listeners) {
  told = listeners;
  await load();
  window.addEventListener("online", hurry);
  window.addEventListener("pageshow", hurry);
  document.addEventListener("visibilitychange", () => document.hidden || hurry());
}

/** Keeps a message and sends it as soon as those before it are answered. */
export async function add(message) {
  lastOrder = Math.max(Date.now(), lastOrder + 1);
  const item = { ...message, key: uuid(), order: lastOrder, state: "waiting", locale: page.locale, code: place };
  items = [...items, item];
  told.changed();
  if (!(await store.put(item))) mark(item.key, { unkept: true });
  if (navigator.onLine === false) later();
  drain();
}

export async function drop(key) {
  items = items.filter((item) => item.key !== key);
  told.changed();
  await store.remove(key);
}

/** Sends now: the network is back, or somebody looks at the page again. */
export function hurry() {
  wait = FIRST_WAIT;
  drain();
}

function alone(work) {
  if (!navigator.locks) return work();
  return navigator.locks.request("fengqiao-outbox", { ifAvailable: true }, (lock) => (lock ? work() : again(LAST_WAIT)));
}

function again(after) {
  clearTimeout(timer);
  timer = setTimeout(drain, after * (0.8 + Math.random() * 0.4));
}

/** Sends everything that waits, one after another; two tabs take turns. */
export async function drain() {
  if (busy) return;
  busy = true;
  clearTimeout(timer);
  try {
    await alone(sendAll);
  } finally {
    busy = false;
  }
}

async function sendAll() {
  await load();
  for (;;) {
    const item = items.find((one) => one.state !== "refused");
    if (!item || !(await sendOne(item))) return;
  }
}

async function sendOne(item) {
  try {
    const body = await deliver(item);
    wait = FIRST_WAIT;
    await told.answered(item, body);
    await drop(item.key);
    await told.settled(item, body);
    return true;
  } catch (error) {
    if (error instanceof Refused) return refuse(item, error);
    if (error.status === BROKEN && tried(item.key) >= MOST_BROKEN) return refuse(item, new Refused(BROKEN, error.error));
    mark(item.key, { state: "retrying" });
    later();
    again(Math.max(wait, error.wait || 0));
    wait = Math.min(wait * 2, LAST_WAIT);
    return false;
  }
}

function tried(key) {
  broken.set(key, (broken.get(key) || 0) + 1);
  return broken.get(key);
}

/** A refused message stays in sight with the server's words, so that nothing typed is lost. */
async function refuse(item, error) {
  const words = error.message || t("chat.refused");
  mark(item.key, { state: "refused", words });
  await store.put({ ...item, state: "refused", words });
  await told.refused(item, error);
  return true;
}

function mark(key, changes) {
  items = items.map((item) => (item.key === key ? { ...item, ...changes } : item));
  told.changed();
}
