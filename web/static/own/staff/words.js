// Deadlines in words and as a thin bar that empties; both follow the server's clock, not the device's.
import { h, t } from "../lib/dom.js";

const MINUTE = 60000;
let ahead = 0; // how far the server's clock is ahead of ours

export function setNow(at) {
  if (at) ahead = Date.parse(at) - Date.now();
}

export const now = () => Date.now() + ahead;

/** 1 小时 58 分; from two days on 2 天 3 小时. */
export function span(ms) {
  const minutes = Math.max(1, Math.floor(Math.abs(ms) / MINUTE));
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60)];
  if (days >= 2) return [t("staff.days", { n: days }), hours % 24 ? t("staff.hours", { n: hours % 24 }) : ""].filter(Boolean).join(" ");
  return [hours ? t("staff.hours", { n: hours }) : "", minutes % 60 ? t("staff.minutes", { n: minutes % 60 }) : ""].filter(Boolean).join(" ");
}

/** “剩 1 小时 58 分签收” or “签收超期 2 小时”. */
export function left(due, what = "") {
  const ms = Date.parse(due) - now();
  return t(ms < 0 ? "staff.over" : "staff.left", { time: span(ms), what }).trim();
}

export const isOver = (due) => Date.parse(due) < now();

/** 78%; what would round to nothing is less than one. */
export const percent = (share) => (share < 0.005 ? "<1%" : `${Math.round(share * 100)}%`);

/** +0.41, −0.10: how a word spoke for the department. */
export const signed = (weight) => `${weight < 0 ? "−" : "+"}${Math.abs(weight).toFixed(2)}`;

/** A deadline that keeps itself true: `tick()` redraws every one on the page. */
function deadline(due, what) {
  const node = h("span", { class: "deadline num", "data-due": due, "data-what": what || "" });
  paintWords(node);
  return node;
}

/** A task's deadline; where the clock stands still, why. */
export const due = (task) => (task.next_due
  ? deadline(task.next_due, task.next_due_text)
  : h("span", { class: "deadline" }, task.next_due_text || ""));

/** What is left of the time since `started`, as a bar; the words beside it say the same. */
export function bar(started, due) {
  const node = h("div", { class: "bar", "aria-hidden": "true", "data-from": started, "data-due": due }, h("i"));
  paintBar(node);
  return node;
}

function paintWords(node) {
  node.textContent = left(node.dataset.due, node.dataset.what);
  node.classList.toggle("over", isOver(node.dataset.due));
}

function paintBar(node) {
  const [from, to] = [Date.parse(node.dataset.from), Date.parse(node.dataset.due)];
  const share = to > from ? (to - now()) / (to - from) : 0;
  node.firstElementChild.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  node.classList.toggle("over", share <= 0);
}

export function tick() {
  document.querySelectorAll(".deadline").forEach(paintWords);
  document.querySelectorAll(".bar[data-due]").forEach(paintBar);
}
