// The tasks: today's count and the next deadline, the tabs one's role has, and a card for each task.
import { $, h, icon, keep, t } from "../lib/dom.js";
import { date } from "../lib/time.js";
import { bar, due, isOver, left, now } from "./words.js";

const TABS = { mine: [], triage: ["dispatcher"], review: ["leader"], filed: ["volunteer"], all: ["dispatcher", "leader", "supervisor", "admin", "auditor"] };
const WORKING = ["worker", "clerk", "leader", "dispatcher"];

/** The tabs somebody has: those of the role, and any with something in it. */
export function tabsOf(role, counts) {
  const has = (name) => TABS[name].includes(role) || (name !== "all" && counts[name] > 0);
  const mine = WORKING.includes(role) || counts.mine > 0;
  return Object.keys(TABS).filter((name) => (name === "mine" ? mine : has(name)));
}

function figure(name, value, kind = "") {
  return h("div", { class: `figure ${kind}` }, h("dt", {}, name), h("dd", { class: "num" }, value));
}

/** Today's tasks (due today or already late), the next deadline, and how many are late. */
export function drawSummary({ tasks, counts, next_due }) {
  const today = tasks.filter((task) => task.next_due && (isOver(task.next_due) || date(task.next_due) === date(now()))).length;
  const next = next_due ? left(next_due) : t("staff.none");
  $("summary").replaceChildren(
    figure(t("staff.today"), t("staff.count", { n: today })),
    figure(t("staff.next_due"), next, next_due && isOver(next_due) ? "wide over" : "wide"),
    figure(t("staff.overdue"), t("staff.count", { n: counts.overdue || 0 }), counts.overdue ? "over" : ""),
  );
}

export function drawTabs(names, view, counts) {
  const tab = (name) => {
    const count = name in counts ? h("span", { class: "tab-count num" }, String(counts[name])) : "";
    return h("a", { class: "tab", href: `#${name}`, "aria-current": name === view ? "page" : null }, t(`staff.tab.${name}`), count);
  };
  keep($("tabs"), names.map((name) => ({ key: name, mark: `${name === view}${counts[name]}`, make: () => tab(name) })));
  $("tabs").hidden = names.length < 2;
}

export function marks(task) {
  const words = [
    task.danger && ["alarm", t("staff.danger")],
    task.ringing && ["alarm", t("staff.ringing")],
    task.urgent && !task.danger && ["warn", t("staff.urgent")],
    task.kind && ["", task.kind],
    task.untold && ["alarm", t("staff.untold")],
    task.called && ["warn", t("staff.called")],
    task.awaited > 0 && ["warn", t("staff.awaited", { n: task.awaited })],
    task.extension && ["warn", t("staff.extension")],
    task.relay && ["warn", t("staff.relay")],
    task.round > 1 && ["warn", t("staff.round", { n: task.round })],
    task.level > 0 && ["warn", t("staff.level", { n: task.level })],
    task.urges > 0 && ["warn", t("staff.urges", { n: task.urges })],
    task.joined > 0 && ["", t("staff.joined", { n: task.joined })],
    task.returns > 0 && ["", t("staff.returns", { n: task.returns })],
    task.photos > 0 && ["", t("staff.photo_count", { n: task.photos })],
  ].filter(Boolean);
  return words.length ? h("p", { class: "marks num" }, words.map(([kind, text]) => h("span", { class: `mark ${kind}` }, text))) : "";
}

export const whatOf = (task) => [task.category, task.item].filter(Boolean).join(" · ") || t("staff.no_category");

function foot(task, { primary, more }) {
  const name = task.primary;
  if (!name) return "";
  return h("div", { class: "task-foot" },
    h("button", { type: "button", class: "button next", onclick: (press) => primary(task, press.currentTarget) }, t(`staff.step.${name}`)),
    h("button", { type: "button", class: "button quiet", "aria-haspopup": "dialog", onclick: () => more(task) }, t("staff.more")));
}

function taskCard(task, acts) {
  const href = `#case/${task.number}`;
  return h("li", { class: "task" },
    task.next_due && bar(task.span_started, task.next_due),
    h("div", { class: "task-head" },
      h("span", { class: "num soft" }, task.number),
      h("span", { class: "status" }, task.status_text),
      due(task)),
    h("h2", { class: "task-name" }, h("a", { href }, whatOf(task))),
    h("p", { class: "task-place soft" }, [task.place, task.grid].filter(Boolean).join(" · ")),
    h("p", { class: "task-text" }, task.text),
    marks(task),
    foot(task, acts));
}

/** Draws the cards by time left; `chosen` is the case open beside them. */
export function drawTasks(tasks, chosen, acts) {
  const order = (task) => (task.next_due ? Date.parse(task.next_due) : Infinity);
  const sorted = [...tasks].sort((a, b) => order(a) - order(b));
  keep($("tasks"), sorted.map((task) => ({ key: task.number, mark: JSON.stringify(task), make: () => taskCard(task, acts) })));
  for (const node of $("tasks").children) node.classList.toggle("chosen", node.dataset.key === chosen);
  $("no-tasks").hidden = sorted.length > 0;
}

/** The rest of a task's steps, on a sheet. */
export function stepRows(steps, press) {
  return h("ul", { class: "rows" }, steps.map((step) =>
    h("li", {}, h("button", { type: "button", class: "row", onclick: () => press(step) }, step.label, icon("next")))));
}
