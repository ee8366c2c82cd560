// The chat's doors, as docs/chat-api.md has them: an answer, a refusal in the server's words, or "later".
import { page, t } from "../lib/dom.js";

/** The server said no; `message` is its own words for the reader. */
export class Refused extends Error {
  constructor(status, error) {
    super((error && error.message) || t("chat.refused"));
    this.status = status;
  }
}

/** No answer this time: send again under the same key, not before `wait` milliseconds where the server says so. */
export class Later extends Error {
  constructor(message, { wait = 0, status = 0, error = null } = {}) {
    super(message);
    Object.assign(this, { wait, status, error });
  }
}

const AGAIN = new Set([408, 425, 429]);

async function call(path, options = {}, patience = 20000) {
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(), patience);
  try {
    const headers = { ...options.headers, "X-Locale": page.locale };
    const answer = await fetch(path, { ...options, headers, credentials: "same-origin", cache: "no-store", signal: ended.signal });
    const body = await answer.json().catch(() => null);
    if (answer.ok && body) return body;
    if (answer.ok || answer.status >= 500 || AGAIN.has(answer.status)) throw later(answer, body);
    throw new Refused(answer.status, body && body.error);
  } catch (error) {
    throw error instanceof Refused || error instanceof Later ? error : new Later(String(error));
  } finally {
    clearTimeout(timer);
  }
}

function later(answer, body) {
  const wait = 1000 * (Number(answer.headers.get("Retry-After")) || 0);
  return new Later(`${answer.status}`, { wait, status: answer.status, error: body && body.error });
}

function post(path, body, patience) {
  if (body instanceof FormData) return call(path, { method: "POST", body }, patience);
  return call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }, patience);
}

/** Begins or goes on with the conversation. Without `wish` only asks how it stands. */
export const session = (wish = { place: page.place, locale: page.locale }) => {
  const body = Object.fromEntries(Object.entries(wish).filter(([, value]) => value));
  return post("/api/chat/session", body);
};

const from = (after) => (after ? `?after=${encodeURIComponent(after)}` : "");
export const messages = (after) => known(() => call(`/api/chat/messages${from(after)}`));
export const stream = (after) => `/api/chat/stream${from(after)}`;

function form(item) {
  const body = new FormData();
  body.append("key", item.key);
  body.append("file", new Blob([item.bytes], { type: item.type }), item.name);
  return body;
}

const DOORS = {
  text: (item) => post("/api/chat/messages", { key: item.key, text: item.text }),
  choice: (item) => post("/api/chat/messages", { key: item.key, choice: item.token }),
  place: (item) => post("/api/chat/places", { key: item.key, lon: item.lon, lat: item.lat, accuracy: item.accuracy }),
  photo: (item) => post("/api/chat/photos", form(item), 120000),
};

/** Does it; a lost session is begun again, once. */
async function known(act) {
  try {
    return await act();
  } catch (error) {
    if (error.status !== 401) throw error;
    await session();
    return act();
  }
}

/** Sends one item of the outbox. */
export const deliver = (item) => known(() => DOORS[item.kind](item));
