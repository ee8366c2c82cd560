// Times for people: always Asia/Shanghai, whatever the device believes.
import { page } from "./dom.js";

const ZONE = { timeZone: "Asia/Shanghai" };
const made = new Map();

/** Made when first needed: each takes an old telephone a while. */
function format(at, locale, wish) {
  const key = Object.keys(wish).join();
  if (!made.has(key)) made.set(key, new Intl.DateTimeFormat(locale, { ...ZONE, ...wish }));
  return made.get(key).format(new Date(at));
}

const DAY = 86400000;

export const clock = (at) => format(at, page.locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** The date as 2026-11-21, to compare days by. */
export const date = (at) => format(at, "en-CA", { year: "numeric", month: "2-digit", day: "2-digit" });

function near(days) {
  return new Intl.RelativeTimeFormat(page.locale, { numeric: "auto" }).format(days, "day");
}

/** 今天, 昨天, 明天, else 11月21日. */
export function day(at, now = Date.now()) {
  const days = [0, -1, 1].find((offset) => date(at) === date(now + offset * DAY));
  return days === undefined ? format(at, page.locale, { month: "long", day: "numeric" }) : near(days);
}

export const stamp = (at, now) => `${day(at, now)} ${clock(at)}`;
