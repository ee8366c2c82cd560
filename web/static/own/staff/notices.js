// What one was told: a count on the bell, and the list on a sheet. Seeing the list is reading it.
import { $, announce, h, icon, keep, t } from "../lib/dom.js";
import { open } from "../lib/sheet.js";
import { stamp } from "../lib/time.js";
import * as api from "./api.js";
import { now } from "./words.js";

const NOTHING = { notices: [], unread: 0 };
let told = NOTHING; // the last answer of GET notices
let asked = 0; // the newest question; older answers are dropped
const fresh = new Set(); // unread when the sheet showed them: they stay marked until it is opened again

const wordsOf = (unread) => (unread ? t("staff.notices_unread", { n: unread }) : t("staff.notices"));

function drawCount() {
  const { unread } = told;
  $("unread").textContent = unread > 99 ? "99+" : String(unread);
  $("unread").hidden = !unread;
  $("notices-open").setAttribute("aria-label", wordsOf(unread));
}

/** One notice; a link where it is about a case one may see. */
function row({ id, text, number, link, at }) {
  const isNew = fresh.has(id);
  const words = h("div", { class: isNew ? "notice new" : "notice" },
    h("p", { class: "notice-text" }, text),
    h("p", { class: "soft" }, h("time", { datetime: at }, stamp(at, now())), isNew && h("span", { class: "mark" }, t("staff.unread"))));
  if (link) return h("li", {}, h("a", { class: "row", href: link, target: "_blank", rel: "noopener" }, words, icon("next")));
  return h("li", {}, number
    ? h("a", { class: "row", href: `#case/${encodeURIComponent(number)}`, "data-close": true }, words, icon("next"))
    : h("div", { class: "row still" }, words));
}

function drawList() {
  const unread = told.notices.filter((one) => !one.read);
  for (const one of unread) fresh.add(one.id);
  const markOf = (one) => [one.number, fresh.has(one.id), stamp(one.at, now())].join(" ");
  keep($("notice-rows"), told.notices.map((one) => ({ key: String(one.id), mark: markOf(one), make: () => row(one) })));
  $("notice-rows").hidden = !told.notices.length;
  $("no-notices").hidden = told.notices.length > 0;
  if (unread.length) api.readNotices(unread[0].id).then(refresh, () => undefined); // not heard: tried again with the next answer
}

function take(answer) {
  if (answer.unread > told.unread) announce(wordsOf(answer.unread));
  told = answer;
  drawCount();
  if ($("notices").open) drawList();
}

/** Asks again what one was told; without an answer the old one stays. */
export async function refresh() {
  const mine = (asked += 1);
  const answer = await api.notices().catch(() => null);
  if (answer && mine === asked) take(answer);
}

export function show() {
  fresh.clear();
  open($("notices"));
  drawList();
}

/** Signed out: the next person must not see them. */
export function forget() {
  asked += 1;
  take(NOTHING);
  $("notice-rows").replaceChildren();
}
