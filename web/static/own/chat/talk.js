// What has been said, as this page knows it: in order, once, with the buttons that may still be pressed.

const said = new Map(); // id → message, with `arrived`: when this page first saw it, 0 for the history
const spent = new Set(); // ids of messages whose buttons are used up

export function forget() {
  said.clear();
  spent.clear();
}

/** All messages, oldest first. */
export const all = () => [...said.values()].sort((a, b) => Number(a.cursor) - Number(b.cursor) || a.at.localeCompare(b.at));

const cardTokens = (message) => ((message.card && message.card.lines) || []).filter((line) => line.token).map((line) => line.token);
const tokens = (message) => [...(message.buttons || []).map((button) => button.token), ...cardTokens(message)];
const ASIDE = new Set(["safety"]); // asked beside what else is asked: it ends nothing and nothing ends it
const isAside = (message) => (message.buttons || []).some((button) => ASIDE.has(button.action));
const asks = (message) => message.from === "us" && tokens(message).length > 0 && !isAside(message);
const ofDraft = (message) => asks(message) && !message.case;

/** Takes messages in; the ones of ours not seen before come back. `history` is what was said before this visit. */
export function take(list, history = false) {
  const fresh = [];
  for (const message of list) {
    const known = said.get(message.id);
    said.set(message.id, { ...message, arrived: known ? known.arrived : history ? 0 : Date.now() });
    if (!known && message.from === "us") fresh.push(message);
    if (!known && ofDraft(message)) endDraft(message.id);
  }
  return fresh;
}

/** A draft's newer buttons end its older ones; without `but` all of them. */
export function endDraft(but = "") {
  for (const message of said.values()) if (ofDraft(message) && message.id !== but) spent.add(message.id);
}

/** A button was taken: the others beside it are no longer offered. */
export function spend(token) {
  for (const message of said.values()) if (tokens(message).includes(token)) spent.add(message.id);
}

/** The newest message of ours that may still be answered by a press, or null. Of a case only the last word counts. */
export function live() {
  const last = standings();
  const open = (message) => asks(message) && !spent.has(message.id) && (!message.case || last.has(message.id));
  return all().filter(open).pop() || null;
}

/** Buttons that stand under a message of ours whatever came after it, until one of them is pressed. */
export const beside = (message) => (isAside(message) && !spent.has(message.id) ? message.buttons : []);

/** For each case the newest message about it: only there its standing is shown. */
export function standings() {
  const newest = new Map();
  for (const message of all()) if (message.case) newest.set(message.case.number, message.id);
  return new Set(newest.values());
}

/** Keys of unsent items the server already shows as the resident's own message: their bubbles would stand there twice. */
export function echoed(items) {
  const echoes = all().filter((message) => message.from === "resident" && message.arrived);
  const keys = new Set();
  for (const item of items) {
    const at = echoes.findIndex((message) => message.arrived >= item.order && isPhoto(message) === (item.kind === "photo"));
    if (at >= 0) keys.add(item.key);
    if (at >= 0) echoes.splice(at, 1);
  }
  return keys;
}

const isPhoto = (message) => (message.photos || []).length > 0;
