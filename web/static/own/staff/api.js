// The staff doors, as docs/staff-api.md has them. A refusal carries the server's words and, at 409, the case as it is now.
import { page, t } from "../lib/dom.js";

export class Refused extends Error {
  constructor(status, body) {
    super((body && body.error && body.error.message) || t("staff.refused"));
    this.status = status;
    this.key = body?.error?.key ?? "";
    this.latest = body && body.case ? body : null;
  }
}

/** No answer: what was asked may have happened, so ask again under the same key. */
export class NoAnswer extends Error {
  constructor() {
    super(t("staff.no_answer"));
  }
}

let csrf = "";
let left = () => {};

/** `gone()` is called whenever the server no longer knows who we are; `token` where the page itself brought it. */
export const begin = (gone, token = "") => {
  left = gone;
  csrf = token;
};

async function call(path, options = {}, patience = 20000) {
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(), patience);
  const headers = { ...options.headers, "X-Locale": page.locale, ...(options.method ? { "X-CSRF-Token": csrf } : {}) };
  try {
    const answer = await fetch(`/api/staff/${path}`, { ...options, headers, credentials: "same-origin", cache: "no-store", signal: ended.signal });
    const body = await answer.json().catch(() => null);
    if (answer.ok) return body;
    if (answer.status >= 500 || answer.status === 408) throw new NoAnswer();
    if (answer.status === 401 && path !== "session") left();
    throw new Refused(answer.status, body);
  } catch (error) {
    throw error instanceof Refused || error instanceof NoAnswer ? error : new NoAnswer();
  } finally {
    clearTimeout(timer);
  }
}

const post = (path, body) => call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

function known(body) {
  csrf = body.csrf;
  return body.person;
}

export const whoami = async () => {
  const body = await call("session");
  return { person: known(body), to: body.to };
};
/** `to`: where somebody of rank has to go first, to set up their second factor. */
export const signIn = async (name, password, code) => {
  const body = await post("session", { name, password, code });
  return { person: known(body), to: body.to };
};
export const signOut = () => call("session", { method: "DELETE" });
export const tasks = (view) => call(`tasks?view=${view}`);
export const story = (number) => call(`cases/${encodeURIComponent(number)}`);
export const take = (number, body) => post(`cases/${encodeURIComponent(number)}/steps`, body);
export const alike = (number) => call(`cases/${encodeURIComponent(number)}/alike`);
export const file = (body) => post("filings", body);
export const notices = () => call("notices");
export const readNotices = (id) => post("notices/read", { id });
export const duty = () => call("duty");
export const handOverDuty = (to, note) => post("duty", { to, note });
export const acceptDuty = (id) => post(`duty/${id}/accept`, {});
export const away = () => call("away");
export const leave = (until, cover) => post("away", { until, cover });
export const comeBack = () => call("away", { method: "DELETE" });
export const binding = () => call("binding");
export const bindingLink = () => post("binding", {});
export const unbind = (channel, address) => call(`binding/${[channel, address].map(encodeURIComponent).join("/")}`, { method: "DELETE" });

let choicesOnce = null;

/** Units, people and categories; asked once, they seldom change. */
export function choices() {
  choicesOnce = choicesOnce || call("choices").catch((error) => {
    choicesOnce = null;
    throw error;
  });
  return choicesOnce;
}

const names = new Map();

/** Learns the categories' names, which predictions give as codes. */
export async function learnNames() {
  const { categories } = await choices();
  for (const one of categories) for (const it of [one, ...(one.items || [])]) names.set(it.code, it.name);
}

export const nameOf = (code) => names.get(code) || code;

export function upload(blob, name) {
  const body = new FormData();
  body.append("file", blob, name);
  return call("photos", { method: "POST", body }, 120000);
}
