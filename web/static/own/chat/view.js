// The conversation on the page: bubbles, the complaint's card, and what is still on its way.
import { $, h, icon, keep, t } from "../lib/dom.js";
import { clock, date, day, stamp } from "../lib/time.js";
import { thumbs } from "../lib/sheet.js";
import { players } from "../lib/voice.js";
import { copyRow, prose } from "./prose.js";

const PAUSE = 10 * 60000;
const pictures = new Map(); // key of an unsent photo → its blob address

const WORDS = { "/my": "chat.my", "/new": "chat.new", "/help": "chat.help" };

/** What the resident said, a command by its name on the menu. */
const mine = (text) => (WORDS[text] ? t(WORDS[text]) : text);

function caseLine(it) {
  const due = it.due_text ? t("chat.by", { due: it.due_text }) : "";
  return h("p", { class: "case-line num" }, [it.number, it.status_text, due].filter(Boolean).join(" · "));
}

function cardLine(line, live, press) {
  const words = [h("span", { class: "card-name" }, line.label), h("span", { class: "card-value" }, line.value)];
  if (!live || !line.token) return h("li", {}, h("div", { class: "card-line" }, words));
  const button = { type: "button", class: "card-line", onclick: () => press(line) };
  return h("li", {}, h("button", button, words, h("span", { class: "away" }, t("chat.change")), icon("next")));
}

function card(it, live, press) {
  return h("div", { class: "card" },
    h("h2", { class: "card-title" }, it.title),
    h("ul", {}, (it.lines || []).map((line) => cardLine(line, live, press))));
}

function paper(it) {
  return h("a", { class: "paper", href: it.url, target: "_blank", rel: "noopener" }, icon("file"), it.name);
}

function bubble(message, { live, standing, beside, press }) {
  const ours = message.from === "us";
  const photos = message.photos || [];
  const voices = message.voices || [];
  const aside = beside.map((button) => h("button", { type: "button", class: "button", onclick: () => press(button) }, button.label));
  const text = message.card && message.card.title === message.text ? "" : message.text; // a card says it as its title
  const below = standing ? caseLine(message.case) : null;
  const kind = message.card ? " with-card" : message.urgent ? " urgent" : "";
  return h("li", { class: `said ${ours ? "us" : "me"}${kind}` },
    h("span", { class: "away" }, ours ? t("chat.us") : t("chat.me")),
    text && h("div", { class: "bubble" }, ours ? prose(text) : mine(text), ours && copyRow(text), !message.card && below),
    message.card && card(message.card, live, press),
    (message.card || !text) && below,
    photos.length > 0 && thumbs(photos),
    voices.length > 0 && players(voices),
    (message.papers || []).map(paper),
    aside.length > 0 && h("div", { class: "aside" }, aside));
}

function picture(item) {
  if (!pictures.has(item.key)) pictures.set(item.key, URL.createObjectURL(new Blob([item.bytes], { type: item.type })));
  return thumbs([pictures.get(item.key)]);
}

function onItsWay(item, isLast) {
  if (item.state === "refused" || !isLast) return null;
  const key = navigator.onLine === false ? "chat.offline" : item.state === "retrying" ? "chat.retrying" : "chat.sending";
  const slow = item.unkept && key !== "chat.sending"; // gone with the page, so that one must know
  return [h("p", { class: "way" }, t(key)), slow && h("p", { class: "notice", role: "status" }, t("chat.unkept"))];
}

function refusal(item, acts) {
  if (item.state !== "refused") return null;
  const ways = [
    item.kind === "text" && h("button", { type: "button", class: "link", onclick: () => acts.edit(item) }, t("chat.edit")),
    item.kind === "photo" && h("button", { type: "button", class: "link", onclick: () => acts.other(item) }, t("chat.other_photo")),
    h("button", { type: "button", class: "link", onclick: () => acts.dismiss(item) }, t("chat.dismiss")),
  ];
  return h("div", { class: "notice" }, h("p", {}, item.words || t("chat.refused")), h("div", { class: "ways" }, ways));
}

function unsent(item, isLast, acts) {
  const words = item.kind === "place" ? t("chat.my_place", { metres: Math.round(item.accuracy) }) : mine(item.text);
  return h("li", { class: `said me ${item.state === "refused" ? "refused" : "pending"}` },
    h("span", { class: "away" }, t("chat.me")),
    item.kind === "photo" ? item.bytes && picture(item) : h("div", { class: "bubble" }, item.kind === "place" && icon("pin"), words),
    onItsWay(item, isLast), refusal(item, acts));
}

function hour(at, now) {
  const today = date(at) === date(now);
  return h("li", { class: "hour" }, h("time", { datetime: at }, today ? clock(at) : stamp(at, now)));
}

function* withHours(messages) {
  let last = 0;
  for (const message of messages) {
    const at = Date.parse(message.at);
    if (at - last > PAUSE) yield { hour: true, at: message.at };
    last = Math.max(last, at || 0);
    yield message;
  }
}

function note(words, key, acts) {
  const make = () => h("li", { class: "notice" }, h("p", {}, words),
    h("div", { class: "ways" }, h("button", { type: "button", class: "link", onclick: () => acts.dismiss({ key, note: true }) }, t("chat.dismiss"))));
  return { key, mark: words, make };
}

const entry = (message, how) => ({
  key: `m${message.id}`, mark: JSON.stringify([message, how]), make: () => bubble(message, how),
});

/** The words that came with the page stay until the conversation is there. */
function greeting() {
  const node = $("log").querySelector(".greeting");
  return node ? [{ key: node.dataset.key, mark: node.mark, make: () => node }] : [];
}

/**
 * Draws it all. `liveId` is the one message whose card may be pressed; `standings` have how their case stands;
 * `beside(message)` are the buttons that stand under it instead of in the dock.
 */
export function draw({ begun, messages, items, notes, liveId, standings, beside, acts }) {
  const now = Date.now();
  const said = [...withHours(messages)].map((one) => one.hour
    ? { key: `h${one.at}`, mark: day(one.at, now), make: () => hour(one.at, now) }
    : entry(one, { live: one.id === liveId, standing: standings.has(one.id), beside: beside(one), press: acts.press }));
  const last = items.filter((item) => item.state !== "refused").pop();
  const going = items.map((item) => ({
    key: item.key, mark: `${item.state}${navigator.onLine}${item === last}${item.unkept || ""}`, make: () => unsent(item, item === last, acts),
  }));
  const noted = notes.map((one) => note(one.words, one.key, acts));
  keep($("log"), [...(begun || messages.length ? said : greeting()), ...going, ...noted]);
  forget(new Set(items.map((item) => item.key)));
}

function forget(alive) {
  for (const [key, url] of pictures) {
    if (alive.has(key)) continue;
    URL.revokeObjectURL(url);
    pictures.delete(key);
  }
}
