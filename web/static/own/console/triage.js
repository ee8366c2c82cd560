// The dispatch desk: a press or a key sends the case on and brings the next; the server draws everything else.
import { $, announce, h, t } from "../lib/dom.js";
import { enlarge, wire } from "../lib/sheet.js";
import * as api from "../staff/api.js";
import { ask, take } from "../staff/step.js";
import { setNow } from "../staff/words.js";
import { redraw, toast } from "./console.js";

const HERE = "/console/triage";
let busy = false;

const open = () => {
  const data = $("open");
  return data ? JSON.parse(data.textContent) : null;
};
const stepOf = (it, name) => it.steps.find((step) => step.name === name);

/** What is looked at stands in the address: whoever else decides it, the page never changes under a finger. */
function pin() {
  const it = open();
  if (!it) return;
  setNow(it.now);
  const address = `${HERE}?case=${encodeURIComponent(it.case.number)}`;
  if (location.pathname + location.search !== address) history.replaceState(null, "", address);
}

/** In place: a key pressed the moment the next case is seen is heard, and none reaches the one before it. */
async function next(address = HERE) {
  busy = true;
  history.replaceState(null, "", address);
  try {
    await redraw();
  } finally {
    busy = false;
  }
  pin();
  window.scrollTo(0, 0);
  $("main").focus({ preventScroll: true });
}

/** Says what was done, with the way to the case: to change one's mind is a step there. */
function done(number, words) {
  announce(words);
  $("done").replaceChildren(words, " ", h("a", { href: `/console/cases/${encodeURIComponent(number)}` }, t("console.live.triage_open")));
  $("done").hidden = false;
}

const ends = (it, words) => ({
  taken: () => {
    done(it.case.number, words);
    return next();
  },
  faster: (error) => {
    announce(error.message);
    toast(error.message);
    redraw(); // says who was faster, and leads on
  },
});

async function send(it, given, name) {
  const words = t("console.live.triage_sent", { number: it.case.number, unit: name });
  const step = stepOf(it, "assign");
  if (!step || busy) return;
  if (step.needs.includes("text")) return void ask(step, it.case, ends(it, words), given); // a ruling gives its reason
  busy = true;
  try {
    await take(it.case.number, { step: "assign", version: it.case.version, ...given });
    await ends(it, words).taken();
  } catch (error) {
    if (error.latest || error.status === 404) ends(it, words).faster(error);
    else toast(error.message);
  } finally {
    busy = false;
  }
}

const kept = (given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value));

function choose(button) {
  const { unit, person, category, name } = button.dataset;
  send(open(), kept({ unit, assignee: person, category }), name);
}

function sheet(name, given = {}) {
  const it = open();
  const step = it && stepOf(it, name);
  if (step) ask(step, it.case, ends(it, t("staff.done", { step: step.label, number: it.case.number })), given);
}

/* ---- another unit or person */

const MOST = 30;
let all = [];

function entries({ units }) {
  return units.flatMap((unit) => [
    { unit: unit.code, name: unit.name, beside: "", words: `${unit.name} ${unit.code}` },
    ...unit.people.map((one) => ({ unit: unit.code, assignee: one.code, name: one.name, beside: unit.name, words: `${one.name} ${one.code}` })),
  ]);
}

function found() {
  const words = $("search").value.trim().toLowerCase();
  const some = all.filter((one) => (words ? one.words.toLowerCase().includes(words) : !one.assignee)).slice(0, MOST);
  $("found").replaceChildren(...some.map((one) => h("li", {}, h("button", { type: "button", class: "row", onclick: () => {
    $("other-sheet").close();
    send(open(), kept({ unit: one.unit, assignee: one.assignee }), one.beside ? `${one.beside} ${one.name}` : one.name);
  } }, h("span", {}, one.name), one.beside && h("span", { class: "soft" }, one.beside)))));
  $("found").hidden = !some.length;
  $("found-none").hidden = some.length > 0;
}

async function other() {
  if (!open()) return;
  $("search").value = "";
  $("other-sheet").showModal();
  try {
    all = entries(await api.choices());
    found();
  } catch (error) {
    toast(error.message);
  }
}

/* ---- presses and keys */

document.addEventListener("click", (event) => {
  const skip = event.target.closest("a#next");
  if (skip && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    next(skip.href);
  }
  const pressed = event.target.closest("button");
  if (!pressed) return;
  if (pressed.matches(".choice")) choose(pressed);
  if (pressed.dataset.merge) sheet("merge", { master: pressed.dataset.merge });
  if (pressed.id === "other") other();
  if (pressed.id === "reject" || pressed.id === "merge") sheet(pressed.id);
  if (pressed.dataset.large) {
    const some = [...document.querySelectorAll("[data-large]")];
    enlarge(some.map((one) => one.dataset.large), some.indexOf(pressed));
  }
});

const KEYS = { 1: "choice-1", 2: "choice-2", 3: "choice-3", o: "other", r: "reject", m: "merge", s: "next" };

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (busy || event.target.matches("input, textarea, select") || document.querySelector("dialog[open]")) return;
  if (event.key === "?") $("keys").showModal();
  const named = KEYS[event.key.toLowerCase()];
  if (!named || !$(named)) return;
  event.preventDefault();
  $(named).click();
});

$("search").addEventListener("input", found);
$("search").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  $("found").querySelector("button")?.click();
});

document.addEventListener("redrawn", () => {
  pin();
  if ($("desk").querySelector(".sort-gone") && !document.querySelector("dialog[open]")) $("next")?.focus();
});

api.begin(() => location.reload(), document.querySelector('meta[name="csrf"]').content);
for (const name of ["step", "large"]) wire($(name));
pin();
