// One case: left its story, right what it is, the steps at the top right (on a phone at the thumb).
import { $, h, icon, t } from "../lib/dom.js";
import { stamp } from "../lib/time.js";
import { thumbs } from "../lib/sheet.js";
import { players } from "../lib/voice.js";
import { nameOf } from "./api.js";
import { marks, whatOf } from "./list.js";
import { excluded, wished } from "./step.js";
import { bar, due, now, percent, signed } from "./words.js";

const list = (value) => (Array.isArray(value) ? value : []);

function steps(all, acts) {
  if (!all.length) return "";
  const first = all[0]; // the most wanted; where none is, it looks like the others
  const rest = all.slice(1);
  return h("div", { class: "steps" },
    h("button", { type: "button", class: first.primary ? "button next" : "button", "aria-haspopup": first.primary ? null : "dialog", onclick: (press) => acts.step(first, press.currentTarget) }, first.label),
    rest.map((step) => h("button", { type: "button", class: "button on-desk", "aria-haspopup": "dialog", onclick: () => acts.step(step) }, step.label)),
    rest.length > 0 && h("button", { type: "button", class: "button on-phone", "aria-haspopup": "dialog", onclick: () => acts.more(rest) }, t("staff.more")));
}

function head(it, all, acts) {
  return h("header", { class: "case-head" },
    h("a", { class: "tool back", href: acts.back, "aria-label": t("staff.back") }, icon("back")),
    h("div", { class: "case-title" },
      h("p", { class: "case-number" }, h("span", { class: "num soft" }, it.number), h("span", { class: "status" }, it.status_text)),
      h("h2", { id: "case-name", tabindex: "-1" }, whatOf(it)),
      (it.next_due || it.next_due_text) && h("p", { class: "case-due" }, due(it)),
      marks({ ...it, photos: 0 })),
    steps(all, acts),
    it.next_due ? bar(it.span_started, it.next_due) : "");
}

/** Who did it, unless the line already says so. */
function whoOf(one) {
  const words = one.who === one.role_text ? [one.who] : [one.who, one.role_text];
  return one.kind_text.includes(one.who) ? "" : words.filter(Boolean).join(" · ");
}

/** What came with words: to be looked at, to be listened to. */
const files = (one) => [
  list(one.photos).length > 0 && thumbs(one.photos),
  list(one.voices).length > 0 && players(one.voices),
];

function event(given, it) {
  const one = given.kind === "submit" && given.text === it.text ? { ...given, text: "", photos: [], voices: [] } : given; // told above
  const at = h("time", { datetime: one.at }, stamp(one.at, now()));
  return h("li", { class: one.public ? "event" : "event inside" },
    h("p", { class: "event-head" }, h("b", {}, one.kind_text), !one.public && h("span", { class: "mark" }, t("staff.inside"))),
    one.text && h("p", { class: "event-text" }, one.text),
    files(one),
    h("p", { class: "soft" }, at, whoOf(one) && ` · ${whoOf(one)}`));
}

const TALK = new Set(["relay", "relay_back"]);

/** One side's line; ours stands right. */
function line(one) {
  return h("li", { class: one.kind === "relay" ? "line ours" : "line" },
    h("p", { class: "soft" }, one.kind_text, " ", h("time", { datetime: one.at }, stamp(one.at, now()))),
    h("p", { class: "line-text" }, one.text),
    files(one));
}

/** What was said without anything else between, the first line first, as one entry. */
const talk = (lines) => h("li", { class: "event" },
  h("p", { class: "event-head" }, h("b", {}, t("staff.talk"))),
  h("ol", { class: "talk" }, lines.map(line)));

/** The timeline from the newest back, each talk together. */
function entries(timeline) {
  const parts = [];
  for (const one of [...timeline].sort((a, b) => a.seq - b.seq)) {
    const last = parts.at(-1);
    if (TALK.has(one.kind) && Array.isArray(last)) last.push(one);
    else parts.push(TALK.has(one.kind) ? [one] : one);
  }
  return parts.reverse();
}

function told(it) {
  return h("section", { class: "told", "aria-label": t("staff.told") },
    h("p", { class: "told-text" }, it.text),
    files(it),
    h("p", { class: "soft" }, [it.anonymous ? t("staff.anonymous") : t("staff.resident"), h("time", { datetime: it.submitted_at }, ` ${stamp(it.submitted_at, now())}`)]),
    it.receipt ? h("a", { class: "button", href: it.receipt, target: "_blank", rel: "noopener" }, t("staff.new.receipt")) : "");
}

/** Where it goes along, or what goes along with it. */
function together(it, acts) {
  const link = (number) => h("a", { class: "num", href: acts.at?.(number) ?? `#case/${number}` }, number);
  if (it.master) return h("p", { class: "case-notice quiet" }, t("staff.merged_into"), " ", link(it.master));
  if (!list(it.merged).length) return "";
  return h("p", { class: "case-notice quiet" }, t("staff.merged_here", { n: it.merged.length }), it.merged.map((number) => [" ", link(number)]));
}

/** Units called in (吹哨报到): what each was asked, how far it is, what it answered. */
function coTasks(it) {
  const tasks = list(it.co_tasks);
  if (!tasks.length) return "";
  const row = (one) => h("li", { class: `co-task ${one.status}` },
    h("p", { class: "co-head" }, h("b", {}, one.unit_name), h("span", { class: "status" }, one.status_text), one.next_due && due(one)),
    h("p", { class: "event-text" }, one.asked),
    one.answer && h("p", { class: "co-answer event-text" }, one.answer),
    files(one),
    one.assignee_name && h("p", { class: "soft" }, one.assignee_name, one.ended_at && [" · ", h("time", { datetime: one.ended_at }, stamp(one.ended_at, now()))]));
  return h("section", { class: "co-tasks" }, h("h3", { class: "part" }, t("staff.co_tasks")), h("ul", {}, tasks.map(row)));
}

function story(it, timeline) {
  return h("div", { class: "story" }, told(it), coTasks(it),
    h("section", {}, h("h3", { class: "part" }, t("staff.timeline")), h("ol", { class: "timeline" }, entries(timeline).map((one) => (Array.isArray(one) ? talk(one) : event(one, it))))));
}

export function facts(title, rows, ...more) {
  const kept = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  const extra = more.filter(Boolean);
  if (!kept.length && !extra.length) return "";
  return h("section", { class: "facts" }, h("h3", { class: "part" }, title),
    kept.length > 0 && h("dl", {}, kept.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))), extra);
}

function shareBar(share) {
  const fill = h("i");
  fill.style.width = `${share * 100}%`;
  return h("div", { class: "bar", "aria-hidden": "true" }, fill);
}

function guess(it) {
  const seen = it.prediction;
  if (!seen) return null;
  const words = list(seen.words).map(([word, weight]) => h("span", { class: "word" }, word, " ", h("span", { class: "num soft" }, signed(weight))));
  return h("div", { class: "guess" },
    h("p", { class: "soft" }, t("staff.guess", { label: nameOf(seen.label) })),
    h("ul", {}, list(seen.ranking).slice(0, 3).map(([label, share]) =>
      h("li", {}, h("span", {}, nameOf(label)), h("span", { class: "num soft" }, percent(share)), shareBar(share)))),
    words.length > 0 && h("p", { class: "words" }, h("span", { class: "soft" }, t("staff.guess_words")), words));
}

function where(it) {
  if (it.lat === null || it.lat === undefined) return null;
  return h("a", { class: "button", href: `geo:${it.lat},${it.lon}?q=${it.lat},${it.lon}` }, icon("pin"), t("staff.navigate"));
}

function clockRow(name, due) {
  return [name, due ? h("span", { class: "num" }, stamp(due, now())) : null];
}

const clocks = (it) => [clockRow(t("staff.sign_due"), it.sign_due_at), clockRow(t("staff.contact_due"), it.contact_due_at), clockRow(t("staff.due"), it.due_at)];

/** 督办单 that is open, and what the unit answered. */
function ordered(order) {
  if (!order) return "";
  return facts(t("staff.order"), [[t("staff.order_number"), order.number], [t("staff.order_text"), `${order.who}：${order.text}`],
    clockRow(order.overdue ? t("staff.order_late") : t("staff.order_due"), order.due), [t("staff.order_answer"), order.answer]]);
}

/** What it is: place, category and why we think so, rule, clocks, people, outcome; `more`: what the console adds. */
function about(it, more) {
  const rating = it.rating || {};
  return h("aside", { class: "about", "aria-label": t("staff.about") },
    facts(t("staff.place"), [[t("staff.place_name"), it.place], [t("staff.address"), it.address], [t("staff.grid"), it.grid]], where(it), more.place),
    facts(t("staff.category"), [[t("staff.category_now"), whatOf(it)], [t("staff.rule"), it.rule], [t("staff.decision"), it.decision]], guess(it), more.category),
    facts(t("staff.clocks"), [[t("staff.clock"), it.clock_name], ...(more.clocks || clocks(it)),
      [t("staff.extension"), it.extension && wished(it.extension)]]),
    ordered(it.order),
    it.exclusion ? facts(t("staff.exclusion"), [[t("staff.ask.ground"), excluded(it.exclusion)], [t("staff.words"), it.exclusion.text], [t("staff.appeal"), it.exclusion.appeal]]) : "",
    facts(t("staff.people"), [[t("staff.unit"), it.unit_name], [t("staff.co_units"), list(it.co_unit_names).join("、")], [t("staff.assignee"), it.assignee_name], [t("staff.accountable"), it.accountable_name],
      [t("staff.contact"), it.anonymous ? t("staff.anonymous") : it.contact && h("span", { class: "num" }, it.contact)]]),
    facts(t("staff.result"), [[t("staff.outcome"), it.outcome], [t("staff.words"), it.result],
      [t("staff.contacted"), rating.contacted], [t("staff.solved"), rating.solved], [t("staff.satisfied"), rating.satisfied]]),
    more.end || "");
}

/** Draws the case; `notice` is what a refusal said about it. `acts.at(number)` is where another case lies, `acts.adds(it)`
    what stands beside our own facts: {place, category, clocks, end}. */
export function drawCase({ case: it, timeline, steps: all }, notice, acts) {
  $("case").replaceChildren(
    head(it, all, acts),
    notice ? h("p", { class: "case-notice", role: "alert" }, notice) : "",
    it.ringing ? h("p", { class: "case-notice" }, t("staff.ringing_more")) : "",
    together(it, acts),
    it.untold ? h("p", { class: "case-notice" }, t("staff.untold_more")) : "",
    h("div", { class: "case-body" }, story(it, timeline), about(it, acts.adds?.(it) ?? {})));
}
