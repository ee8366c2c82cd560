// Times for people: always Asia/Shanghai, whatever the device believes.
import { page } from "./dom.js";

const ZONE = { timeZone: "Asia/Shanghai" };
const clockFormat = new Intl.DateTimeFormat(page.locale, { ...ZONE, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayFormat = new Intl.DateTimeFormat(page.locale, { ...ZONE, month: "long", day: "numeric" });
const dateFormat = new Intl.DateTimeFormat("en-CA", { ...ZONE, year: "numeric", month: "2-digit", day: "2-digit" });
const DAY = 86400000;

export const clock = (at) => clockFormat.format(new Date(at));

/** The date as 2026-11-21, to compare days by. */
export const date = (at) => dateFormat.format(new Date(at));

function near(days) {
  return new Intl.RelativeTimeFormat(page.locale, { numeric: "auto" }).format(days, "day");
}

/** 今天, 昨天, 明天, else 11月21日. */
export function day(at, now = Date.now()) {
  const days = [0, -1, 1].find((offset) => date(at) === date(now + offset * DAY));
  return days === undefined ? dayFormat.format(new Date(at)) : near(days);
}

export const stamp = (at, now) => `${day(at, now)} ${clock(at)}`;
