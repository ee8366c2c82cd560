// The staff's page: who is signed in, which tasks, which case is open, and what a press does to it.
import { $, announce, h, t, uuid } from "./lib/dom.js";
import { listen } from "./lib/live.js";
import { wire } from "./lib/sheet.js";
import * as api from "./staff/api.js";
import * as away from "./staff/away.js";
import * as binding from "./staff/binding.js";
import { drawCase } from "./staff/case.js";
import * as duty from "./staff/duty.js";
import * as filing from "./staff/filing.js";
import * as list from "./staff/list.js";
import * as notices from "./staff/notices.js";
import { show } from "./staff/step.js";
import { isDirect, taking } from "./staff/taking.js";
import { setNow, tick } from "./staff/words.js";

let me = null;
let view = "mine";
let tasks = null; // the last answer of GET tasks
let open = null; // the open case with its timeline and steps
let stop = () => {}; // ends listening
let asked = ""; // the newest question for tasks; older answers are dropped

const wide = window.matchMedia("(min-width: 1024px)");
const numberOf = (hash) => (hash.startsWith("#case/") ? decodeURIComponent(hash.slice(6)) : "");

function screen(name) {
  for (const one of ["hello", "signin", "desk"]) $(one).hidden = one !== name;
}

function toast(words) {
  const node = h("p", { class: "toast" }, words);
  $("toasts").append(node);
  setTimeout(() => node.remove(), 4000);
}

/* ---- signing in and out */

function signedOut() {
  stop();
  stop = () => {};
  me = tasks = open = null;
  notices.forget();
  binding.forget();
  duty.forget();
  away.forget();
  $("tasks").replaceChildren();
  $("case").replaceChildren();
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  screen("signin");
  $("name").focus();
}

/** Where somebody was sent from to sign in; only pages of this site. */
const sentFrom = () => {
  const next = new URLSearchParams(location.search).get("next") ?? "";
  return /^\/(console|board|staff\/(?:bulletins|clearing|sheets))(?=[/?]|$)/.test(next) ? next : "";
};

function signedIn(person, to) {
  if (to) return location.replace(to);
  if (sentFrom()) return location.replace(sentFrom());
  me = person;
  $("me-name").textContent = person.name;
  $("new-open").hidden = !person.files;
  $("sheets-open").hidden = !person.prints;
  $("console-open").hidden = !person.console;
  $("bulletins-open").hidden = !person.reads_bulletins;
  $("clearing-open").hidden = !person.sees_clearing;
  $("me-role").textContent = [person.role_text, person.unit, person.area].filter(Boolean).join(" · ");
  away.begin(person);
  screen("desk");
  api.learnNames().catch(() => undefined).then(() => open && adopt(open));
  route();
  stop = listen({ url: () => "/api/staff/stream", event: "changed", heard: () => refresh(), poll: refresh, fast: 15000 });
}

async function signIn(sent) {
  sent.preventDefault();
  const button = $("enter");
  $("signin-wrong").textContent = "";
  button.disabled = true;
  try {
    const { person, to } = await api.signIn($("name").value.trim(), $("password").value, $("code").value.trim());
    $("password").value = $("code").value = "";
    $("code-field").hidden = true;
    signedIn(person, to);
  } catch (error) {
    if (error.key === "sign_in.code_needed") $("code-field").hidden = false;
    else $("signin-wrong").textContent = error.message;
    $("code").value = "";
    $($("code-field").hidden ? "password" : "code").focus();
  } finally {
    button.disabled = false;
  }
}

async function signOut() {
  $("me").close();
  await api.signOut().catch(() => undefined);
  history.replaceState(null, "", "#mine");
  signedOut();
}

/* ---- tasks */

function draw() {
  if (!tasks) return;
  const names = list.tabsOf(me.role, tasks.counts);
  list.drawSummary(tasks);
  list.drawTabs(names, view, tasks.counts);
  list.drawTasks(tasks.tasks, open ? open.case.number : "", { primary, more });
  $("connection").hidden = true;
}

/** Loads the tasks again; true when they differ from what is shown. */
async function load() {
  const mine = (asked = uuid());
  const answer = await api.tasks(view);
  if (mine !== asked || !me) return false;
  setNow(answer.now);
  const same = tasks && JSON.stringify({ ...answer, now: 0 }) === JSON.stringify({ ...tasks, now: 0 });
  tasks = answer;
  const names = list.tabsOf(me.role, tasks.counts);
  if (!names.includes(view) && names.length) {
    if (numberOf(location.hash)) { // a case stays open whoever has no tasks of their own
      view = names[0];
      return load();
    }
    location.hash = `#${names[0]}`;
    return true;
  }
  draw();
  tick();
  return !same;
}

async function refresh() {
  notices.refresh();
  duty.refresh();
  away.refresh();
  try {
    const news = await load();
    const task = open && tasks && tasks.tasks.find((one) => one.number === open.case.number);
    if (open && !$("step").open && (!task || task.version !== open.case.version)) await reload(open.case.number);
    return news;
  } catch (error) {
    if (error instanceof api.NoAnswer) $("connection").hidden = false;
    return false;
  }
}

/* ---- one case */

const acts = {
  get back() { return `#${view}`; },
  step: (step, button) => begin(step, open.case, button),
  more: (steps) => others(open.case, steps),
};

function adopt(latest, notice = "") {
  setNow(latest.now);
  open = latest;
  drawCase(latest, notice, acts);
  draw();
}

async function reload(number) {
  const latest = await api.story(number);
  if (numberOf(location.hash) === number) adopt(latest);
}

async function openCase(number) {
  $("case").setAttribute("aria-busy", "true");
  try {
    await reload(number);
    $("case").scrollTop = 0;
    if (!wide.matches) window.scrollTo(0, 0);
    $("case-name").focus({ preventScroll: true });
  } catch (error) {
    open = null;
    $("case").replaceChildren(h("div", { class: "case-gone" }, h("p", { role: "alert" }, error.message),
      h("a", { class: "button", href: `#${view}` }, t("staff.back"))));
  } finally {
    $("case").removeAttribute("aria-busy");
  }
}

function closeCase() {
  const was = open && open.case.number;
  open = null;
  $("case").replaceChildren(h("p", { class: "case-none soft" }, t("staff.choose_task")));
  const card = was && $("tasks").querySelector(`[data-key="${CSS.escape(was)}"] a`);
  if (card && !wide.matches) card.focus();
}

/* ---- steps */

function taken(step, latest) {
  const words = t("staff.done", { step: step.label, number: latest.case.number });
  announce(words);
  toast(words);
  if (open && open.case.number === latest.case.number) adopt(latest);
  refresh();
}

/** Somebody was faster: the server's words, and the case as it is now. */
function faster(error, number) {
  announce(error.message);
  if (!error.latest) {
    toast(error.message);
    return refresh();
  }
  if (numberOf(location.hash) === number) adopt(error.latest, error.message);
  else {
    open = null;
    show(t("staff.changed"), number, h("p", { class: "case-notice", role: "alert" }, error.message),
      h("a", { class: "button next wide", href: `#case/${number}`, "data-close": true }, t("staff.look")));
  }
  return refresh();
}

const begin = taking({ taken, faster, say: toast });

async function stepsOf(task) {
  try {
    return await api.story(task.number);
  } catch (error) {
    toast(error.message);
    return null;
  }
}

async function primary(task, button) {
  if (isDirect(task.primary)) return begin({ name: task.primary, label: t(`staff.step.${task.primary}`), needs: [] }, task, button);
  const it = await stepsOf(task);
  const step = it && it.steps.find((one) => one.name === task.primary);
  if (step) begin(step, it.case);
  else if (it) location.hash = `#case/${task.number}`;
}

async function more(task) {
  const it = await stepsOf(task);
  if (it) others(it.case, it.steps.filter((step) => step.name !== task.primary));
}

function others(it, steps) {
  const press = (step) => {
    $("step").close();
    begin(step, it);
  };
  show(t("staff.more"), it.number, list.stepRows(steps, press),
    numberOf(location.hash) === it.number ? "" : h("a", { class: "button wide", href: `#case/${it.number}`, "data-close": true }, t("staff.look")));
}

/* ---- where we are */

function route() {
  if (!me) return;
  if (location.hash === "#new") { // from /staff/new
    history.replaceState(null, "", "#mine");
    if (me.files) filing.begin(me, () => refresh());
  }
  const number = numberOf(location.hash);
  $("desk").classList.toggle("one", Boolean(number));
  if (!number) view = location.hash.slice(1) || "mine";
  if (!number) closeCase();
  if (!number || !tasks) refresh();
  if (number) openCase(number);
}

async function arrive(wait = 1000) {
  try {
    const { person, to } = await api.whoami();
    signedIn(person, to);
  } catch (error) {
    if (error instanceof api.Refused) return signedOut();
    $("hello-words").textContent = error.message;
    setTimeout(() => arrive(Math.min(wait * 2, 15000)), wait);
  }
}

api.begin(signedOut);
document.querySelectorAll("dialog").forEach(wire);
$("signin-form").addEventListener("submit", signIn);
$("notices-open").addEventListener("click", notices.show);
$("new-open").addEventListener("click", () => filing.begin(me, () => refresh()));
$("me-open").addEventListener("click", () => {
  $("me").showModal();
  binding.offer();
});
$("bind-open").addEventListener("click", () => {
  $("me").close();
  binding.show();
});
$("away-open").addEventListener("click", () => {
  $("me").close();
  away.show();
});
$("sign-out").addEventListener("click", signOut);
$("language").addEventListener("change", () => {
  const url = new URL(location.href);
  url.searchParams.set("lang", $("language").value);
  location.replace(url);
});
window.addEventListener("hashchange", route);
window.addEventListener("offline", () => { $("connection").hidden = false; });
setInterval(() => { tick(); if (tasks) list.drawSummary(tasks); }, 20000);
arrive();
