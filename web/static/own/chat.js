// The resident's page: joins the conversation kept here with the one the server keeps.
import { $, announce, page, t, uuid } from "./lib/dom.js";
import { listen } from "./lib/live.js";
import { MAX_BYTES, megabytes, shrink } from "./lib/photo.js";
import * as chrome from "./chat/chrome.js";
import * as dock from "./chat/dock.js";
import * as net from "./chat/net.js";
import * as outbox from "./chat/outbox.js";
import * as view from "./chat/view.js";
import { plain } from "./chat/prose.js";

const said = new Map(); // id → message, with `arrived`: when this page first saw it
let cursor = ""; // everything up to here has been seen
let notes = []; // words of ours about what could not be sent
let spentBefore = 0; // messages seen before a choice was taken have no buttons left
let begun = false;

const NEAR_END = 120;

const messages = () => [...said.values()].sort((a, b) => Number(a.cursor) - Number(b.cursor) || a.at.localeCompare(b.at));

function pressable(message) {
  const tokens = (message.buttons || []).length > 0 || ((message.card && message.card.lines) || []).some((line) => line.token);
  return message.from === "us" && tokens && message.arrived > spentBefore;
}

/** Items the server has already shown as the resident's own message, whose bubble would be there twice. */
function echoed(list) {
  const echoes = list.filter((message) => message.from === "resident");
  const hidden = new Set();
  for (const item of outbox.pending()) {
    const at = echoes.findIndex((message) => message.arrived >= item.order && same(message, item));
    if (at >= 0 && item.state !== "refused") hidden.add(item.key);
    if (at >= 0) echoes.splice(at, 1);
  }
  return hidden;
}

function same(message, item) {
  if (message.key) return message.key === item.key;
  if (item.kind === "photo") return (message.photos || []).length > 0;
  return item.kind === "place" || message.text === item.text;
}

function redraw() {
  const log = $("log-frame");
  const followed = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
  const list = messages();
  const live = list.filter(pressable).pop();
  const hidden = echoed(list);
  const items = outbox.pending().filter((item) => !hidden.has(item.key));
  const busy = outbox.pending().some((item) => item.kind === "choice" && item.state !== "refused");
  const id = live ? live.id : "";
  view.draw({ messages: list, items, notes, liveId: busy ? "" : id, acts });
  dock.draw({ id, buttons: (live && live.buttons) || [], elder: chrome.isElder(), busy, press, redraw });
  $("empty").hidden = !begun || list.length + items.length + notes.length > 0;
  $("log").setAttribute("aria-busy", String(!begun));
  if (followed) toEnd();
}

function toEnd() {
  const log = $("log-frame");
  log.scrollTop = log.scrollHeight;
  $("newer").hidden = true;
}

function spoken(message) {
  const lines = message.card ? [message.card.title, ...message.card.lines.map((line) => `${line.label} ${line.value}`)] : [];
  return [t("chat.us"), plain(message.text || ""), ...lines].join(" ");
}

/** Takes messages in; true when one of ours is new. */
function take(list) {
  let news = false;
  for (const message of list) {
    const known = said.get(message.id);
    said.set(message.id, { ...message, arrived: known ? known.arrived : Date.now() });
    if (known || message.from !== "us") continue;
    news = true;
    if (begun) announce(spoken(message));
  }
  return news;
}

function tell(list) {
  const log = $("log-frame");
  const away = log.scrollHeight - log.scrollTop - log.clientHeight >= NEAR_END;
  const news = take(list);
  redraw();
  if (begun && away && news) $("newer").hidden = false;
  return news;
}

let syncing = null;

/** Asks for what is after the cursor; true when that was new. One at a time. */
function sync() {
  syncing = syncing || ask().finally(() => { syncing = null; });
  return syncing;
}

async function ask() {
  const body = await net.messages(cursor).catch(async (error) => {
    if (error.status !== 401) throw error;
    await net.session();
    return net.messages(cursor);
  });
  cursor = body.cursor ?? cursor;
  online();
  chrome.showCases(body.cases || [], say);
  const first = !begun;
  begun = true;
  const news = tell(first ? body.messages.map((message) => ({ ...message })) : body.messages);
  if (first) toEnd();
  return news;
}

function heard(event) {
  const message = JSON.parse(event.data);
  if (begun && !syncing) cursor = event.lastEventId || cursor;
  if (tell([message]) && message.case) sync().catch(() => undefined); // the strip follows
}

function note(words) {
  notes = [...notes, { key: uuid(), words }];
  announce(words);
  redraw();
  toEnd();
}

const acts = {
  press,
  edit(item) {
    outbox.drop(item.key);
    dock.fill(item.text);
  },
  other(item) {
    outbox.drop(item.key);
    dock.pick();
  },
  dismiss(item) {
    if (item.note) notes = notes.filter((one) => one.key !== item.key);
    else outbox.drop(item.key);
    redraw();
    $("box").focus();
  },
};

async function send(message) {
  const sent = outbox.add(message);
  toEnd();
  await sent;
  if (navigator.onLine === false) announce(t("chat.offline"));
}

function say(text) {
  return send({ kind: "text", text });
}

function press(button) {
  if (button.action === "photo") return dock.pick();
  if (button.action === "locate") return place();
  return send({ kind: "choice", token: button.token, text: button.label, action: button.action });
}

async function photos(files) {
  for (const file of files) {
    const blob = await shrink(file);
    if (blob.size > MAX_BYTES) note(t("chat.photo_big", { size: megabytes(blob.size), most: megabytes(MAX_BYTES) }));
    else await send({ kind: "photo", bytes: await blob.arrayBuffer(), type: blob.type || "application/octet-stream", name: blob === file ? file.name : "photo.jpg" });
  }
}

function place() {
  dock.locate({
    found: ({ longitude, latitude, accuracy }) => send({ kind: "place", lon: longitude, lat: latitude, accuracy }),
    failed: note,
  });
}

const listeners = {
  changed: redraw,
  async answered(item, body) {
    online();
    if (item.kind === "choice") spentBefore = Date.now() - 1;
    const echo = (body.messages || []).some((message) => message.from === "resident");
    tell(body.messages || []);
    toEnd();
    if (item.action === "locale" || /^\/lang/.test(item.text || "")) await heed();
    const synced = sync().catch(() => undefined);
    if (!echo) await synced;
  },
  async refused(item, error) {
    announce(error.message);
    if (error.status === 409) await afresh();
  },
};

/** The language was changed by words or by a button: the page follows. */
async function heed() {
  const { locale } = await net.session({}).catch(() => page);
  if (locale !== page.locale) chrome.speak(locale);
}

/** Everything anew, where what is shown may be stale: after Back, or when a press came too late. */
async function afresh() {
  said.clear();
  cursor = "";
  await sync().catch(() => undefined);
}

function online() {
  $("offline").hidden = true;
}

function offline() {
  $("offline").hidden = false;
}

async function language(locale) {
  try {
    await net.session({ place: page.place, locale });
    chrome.speak(locale);
  } catch (error) {
    $("language").value = page.locale;
    note(error instanceof net.Refused ? error.message : t("chat.offline"));
  }
}

async function converse() {
  const { place: where, locale, notice } = await net.session();
  chrome.showPlace(where);
  if (locale && locale !== page.locale && !new URLSearchParams(location.search).has("lang")) return chrome.speak(locale);
  if (notice) note(notice);
  await sync();
  outbox.hurry();
  listen({ url: () => net.stream(cursor), event: "message", heard, poll: sync, fast: 5000 });
}

/** Comes to the conversation, however long the network takes. */
async function arrive(wait = 1000) {
  try {
    await converse();
  } catch (error) {
    if (error instanceof net.Refused) return note(error.message);
    offline();
    setTimeout(() => arrive(Math.min(wait * 2, 15000)), wait);
  }
}

window.addEventListener("online", () => { online(); redraw(); });
window.addEventListener("offline", () => { offline(); redraw(); });
window.addEventListener("pageshow", (shown) => shown.persisted && afresh());
$("newer").addEventListener("click", () => { toEnd(); $("log").focus(); });
$("log-frame").addEventListener("scroll", () => {
  const log = $("log-frame");
  if (log.scrollHeight - log.scrollTop - log.clientHeight < 8) $("newer").hidden = true;
}, { passive: true });

chrome.begin({ say, sized() { dock.resize(); redraw(); toEnd(); }, language });
dock.begin({ say, photos, place });
outbox.begin(listeners).then(() => arrive());
