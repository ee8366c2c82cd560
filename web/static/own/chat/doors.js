// The chat's doors, as docs/chat-api.md has them: an answer, a refusal in the server's words, or "later".
// Asks nothing of a page, so that the worker in the background sends through them as well.

/** The server said no; `message` is its own words for the reader, if it had any. */
export class Refused extends Error {
  constructor(status, error) {
    super((error && error.message) || "");
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

export async function call(path, locale, options = {}, patience = 20000) {
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(), patience);
  try {
    const headers = { ...options.headers, "X-Locale": locale };
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

export function post(path, locale, body, patience) {
  if (body instanceof FormData) return call(path, locale, { method: "POST", body }, patience);
  return call(path, locale, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }, patience);
}

function form(item) {
  const body = new FormData();
  body.append("key", item.key);
  body.append("file", new Blob([item.bytes], { type: item.type }), item.name);
  return body;
}

const DOORS = {
  text: (item, locale) => post("/api/chat/messages", locale, { key: item.key, text: item.text }),
  choice: (item, locale) => post("/api/chat/messages", locale, { key: item.key, choice: item.token }),
  place: (item, locale) => post("/api/chat/places", locale, { key: item.key, lon: item.lon, lat: item.lat, accuracy: item.accuracy }),
  photo: (item, locale) => post("/api/chat/photos", locale, form(item), 120000),
};

/** Sends one item of the outbox under its own key. */
export const send = (item, locale) => DOORS[item.kind](item, locale);
