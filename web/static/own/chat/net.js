// The page's side of the doors: one conversation, begun once, begun again where the server has lost it.
import { page } from "../lib/dom.js";
import { remembered } from "./looks.js";
import { call, post, send } from "./doors.js";

const CODE = /^\/p\/([^/]+)/.exec(location.pathname);

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a torn code: the server says that it is none
  }
}

/** The building's code in the address: the page itself may come from the cache. */
export const place = CODE ? decoded(CODE[1]) : "";

/** In which words one wants to be spoken to, as far as it was chosen on this device. */
const wish = () => {
  const size = remembered("size");
  return { place, locale: page.locale, large: size === null ? null : size !== "0" };
};

let beginning = null;

/** Begins or goes on with the conversation; `changes` are wishes that are new. One at a time: two would be two people. */
export function session(changes = {}) {
  const after = beginning || Promise.resolve();
  const asked = after.catch(() => undefined).then(() => {
    const said = Object.entries({ ...wish(), ...changes }).filter(([, value]) => value !== null && value !== "");
    return post("/api/chat/session", page.locale, Object.fromEntries(said));
  });
  beginning = asked;
  return asked;
}

/** How the server has it, without a wish. */
export const standing = () => post("/api/chat/session", page.locale, {});

const from = (after) => (after ? `?after=${encodeURIComponent(after)}` : "");
export const messages = (after) => known(() => call(`/api/chat/messages${from(after)}`, page.locale));
export const stream = (after) => `/api/chat/stream${from(after)}`;

/** Does it once a conversation is there; a lost one is begun again, once. */
async function known(act) {
  if (beginning) await beginning.catch(() => undefined);
  try {
    return await act();
  } catch (error) {
    if (error.status !== 401) throw error;
    await session();
    return act();
  }
}

/** Sends one item of the outbox. */
export const deliver = (item) => known(() => send(item, page.locale));
