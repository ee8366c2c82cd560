// The resident's page: joins the conversation kept here with the one the server keeps.
import { $, announce, page, t, uuid } from "./lib/dom.js";
import { listen } from "./lib/live.js";
import { MAX_BYTES, isPhoto, megabytes, shrink } from "./lib/photo.js";
import * as chrome from "./chat/chrome.js";
import * as dock from "./chat/dock.js";
import { Refused } from "./chat/doors.js";
import * as installed from "./chat/installed.js";
import { remembered } from "./chat/looks.js";
import * as net from "./chat/net.js";
import * as outbox from "./chat/outbox.js";
import * as talk from "./chat/talk.js";
import * as view from "./chat/view.js";
import { plain } from "./chat/prose.js";

let cursor = ""; // everything up to here has been seen
let notes = []; // words of ours about what could not be sent
let begun = false; // the history is there

/* ---- drawing */

const NEAR_END = 120;
const fromEnd = () => $("log-frame").scrollHeight - $("log-frame").scrollTop - $("log-frame").clientHeight;

function toEnd() {
  $("log-frame").scrollTop = $("log-frame").scrollHeight;
  $("newer").hidden = true;
}

function redraw() {
  const followed = fromEnd() < NEAR_END;
  const messages = talk.all();
  const waiting = outbox.pending().filter((item) => item.state !== "refused");
  const hidden = talk.echoed(waiting);
  const items = outbox.pending().filter((item) => !hidden.has(item.key));
  const busy = waiting.some((item) => item.kind === "choice");
  const live = talk.live();
  view.draw({ begun, messages, items, notes, liveId: live && !busy ? live.id : "", standings: talk.standings(), beside: busy ? () => [] : talk.beside, acts });
  dock.draw({ live, isLast: live === messages[messages.length - 1], elder: chrome.isElder(), busy, press, redraw });
  $("empty").hidden = !begun || messages.length + items.length + notes.length > 0;
  $("log").setAttribute("aria-busy", String(!begun));
  if (followed) toEnd();
}

function spoken(message) {
  const lines = message.card ? message.card.lines.map((line) => `${line.label} ${line.value}`) : [];
  return [t("chat.us"), plain(message.text || (message.card && message.card.title) || ""), ...lines].join(" ");
}

/** Shows messages; true when one of ours is new. What `answers` somebody is read out whether or not the rest is there. */
function tell(list, answers = false) {
  const away = fromEnd() >= NEAR_END;
  const fresh = talk.take(list, !begun);
  if (begun || answers) fresh.forEach((message) => announce(spoken(message)));
  redraw();
  if (begun && away && fresh.length) $("newer").hidden = false;
  return fresh.length > 0;
}

function note(words) {
  notes = [...notes.filter((one) => one.words !== words), { key: uuid(), words }];
  announce(words);
  redraw();
  toEnd();
}

/* ---- keeping up with the server */

let syncing = null;

/** Asks for what is after the cursor; true when that was new. One at a time. */
function sync() {
  syncing = syncing || ask().finally(() => { syncing = null; });
  return syncing;
}

async function ask() {
  const body = await net.messages(cursor);
  const first = !begun;
  cursor = body.cursor ?? cursor;
  online();
  chrome.showCases(body.cases || [], say);
  const news = tell(body.messages);
  begun = true;
  if (!first) return news;
  redraw();
  toEnd();
  return false;
}

function heard(event) {
  const message = JSON.parse(event.data);
  if (!syncing) cursor = event.lastEventId || cursor;
  if (tell([message]) && message.case) sync().catch(() => undefined); // the strip follows
}

/** Everything anew, where what is shown may be stale: after Back, or when a press came too late. */
async function afresh() {
  talk.forget();
  cursor = "";
  begun = false;
  await sync().catch(() => undefined);
}

/* ---- saying something */

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
  if (button.action === "pin") return place();
  return send({ kind: "choice", token: button.token, text: button.label, action: button.action });
}

async function photos(files) {
  for (const file of files) {
    const blob = await shrink(file);
    const name = blob === file ? file.name : "photo.jpg";
    if (!(await isPhoto(blob).catch(() => false))) note(t("chat.photo_not", { name: file.name }));
    else if (blob.size > MAX_BYTES) note(t("chat.photo_big", { size: megabytes(blob.size), most: megabytes(MAX_BYTES) }));
    else await send({ kind: "photo", bytes: await blob.arrayBuffer(), type: blob.type || "application/octet-stream", name });
  }
}

function place() {
  dock.locate({
    found: ({ longitude, latitude, accuracy }) => send({ kind: "place", lon: longitude, lat: latitude, accuracy }),
    failed: note,
  });
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

const listeners = {
  changed: redraw,
  async answered(item, body) {
    const answers = body.messages || [];
    online();
    if (item.kind === "choice") talk.spend(item.token);
    if (answers.some((message) => message.from === "us" && message.case)) talk.endDraft();
    tell(answers, true);
    toEnd();
    const synced = sync().catch(() => undefined);
    if (!answers.some((message) => message.from === "resident")) await synced;
  },
  settled: (item, body) => heed(body.messages || []),
  async refused(item, error) {
    announce(error.message);
    if (error.status === 409) await afresh();
  },
};

/* ---- language and network */

const TONGUES = /^\/lang|^(简体|简体中文|zh|繁體|繁體中文|en|english)$/i;
const LARGE = /^\/large|^\/big|^(大字版?|large print|big text)$/i;

/** The language or the type size was changed by words or by a button: the page follows. */
async function heed(answers) {
  const mine = answers.find((message) => message.from === "resident");
  const said = mine ? mine.text.trim() : "";
  if (!TONGUES.test(said) && !LARGE.test(said)) return;
  const { locale, large } = await net.standing().catch(() => ({ locale: page.locale, large: chrome.isElder() }));
  if (LARGE.test(said) && chrome.follow(large)) resize();
  if (locale !== page.locale) chrome.speak(locale);
}

function resize() {
  dock.resize();
  redraw();
  toEnd();
}

/** Elder mode is also how the server speaks; without a network it is told with the next beginning. */
function sized(changed) {
  resize();
  if (changed) net.session().catch(() => undefined);
}

async function language(locale) {
  try {
    await net.session({ locale });
    chrome.speak(locale);
  } catch (error) {
    $("language").value = page.locale;
    note((error instanceof Refused && error.message) || t("chat.offline"));
  }
}

function online() {
  $("offline").hidden = true;
}

function offline() {
  $("offline").hidden = false;
}

async function converse() {
  const { place: where, notice, large } = await net.session();
  if (remembered("size") === null && chrome.follow(large)) resize();
  chrome.showPlace(where);
  remembered("met", "1");
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
    if (error instanceof Refused) return note(error.message || t("chat.refused"));
    offline();
    setTimeout(() => arrive(Math.min(wait * 2, 15000)), wait);
  }
}

/** Whoever reads the newest still does after the keyboard came up, a photo arrived or the telephone was turned. */
function stay() {
  let reading = true;
  $("log-frame").addEventListener("scroll", () => { reading = fromEnd() < NEAR_END; }, { passive: true });
  if (!window.ResizeObserver) return;
  const seen = new ResizeObserver(() => reading && toEnd());
  seen.observe($("log-frame"));
  seen.observe($("log"));
}

window.addEventListener("online", () => { online(); redraw(); });
window.addEventListener("offline", () => { offline(); redraw(); });
window.addEventListener("pageshow", (shown) => shown.persisted && afresh());
$("newer").addEventListener("click", () => { toEnd(); $("log").focus(); });
$("log-frame").addEventListener("scroll", () => { if (fromEnd() < 8) $("newer").hidden = true; }, { passive: true });

const isOpen = () => document.querySelector("dialog[open]") !== null;
const untouched = () => !$("box").value && !isOpen() && outbox.pending().length === 0;

stay();
installed.begin({ untouched, sent: () => { outbox.hurry(); sync().catch(() => undefined); } });
chrome.begin({ say, sized, language });
dock.begin({ say, photos, place });
if (chrome.otherTongue()) chrome.speak(chrome.otherTongue());
else outbox.begin(listeners).then(() => arrive());
performance.mark("fengqiao-ready"); // what benchmarks/first_load.py waits for
