// The list of cases: keys, several at once, counts beside the views. The list itself is drawn by the server.
import { $, h, t, uuid } from "../lib/dom.js";
import { post, redraw, toast } from "./console.js";

const found = $("found");
const boxes = () => [...found.querySelectorAll("input[data-number]")];
const links = () => [...found.querySelectorAll("a.open")];

/** Fields left empty stay out of the address. */
$("find").addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
});

async function counts() {
  const answer = await fetch("/console/cases/counts", { credentials: "same-origin" }).catch(() => null);
  const many = answer?.ok ? await answer.json() : {};
  for (const node of document.querySelectorAll("[data-count]")) node.textContent = many[node.dataset.count] ?? "";
}
counts();

// Several at once. What is ticked is kept by number, so that the list may be drawn anew underneath.
const ticked = new Set();
let last = null;
let busy = false;

function show() {
  if (!$("several")) return;
  const chosen = boxes().filter((box) => box.checked);
  $("several").hidden = !chosen.length;
  $("several-count").textContent = t("console.live.cases_chosen", { n: chosen.length });
  let offered = 0;
  for (const button of $("several").querySelectorAll("[data-several]")) {
    const all = chosen.every((box) => box.dataset.steps.split(" ").includes(button.dataset.several));
    button.hidden = !all || (button.dataset.several === "merge" && chosen.length < 2);
    offered += button.hidden ? 0 : 1;
  }
  $("several-none").hidden = offered > 0;
  const all = $("all");
  if (!all) return;
  all.checked = chosen.length > 0 && chosen.length === boxes().length;
  all.indeterminate = chosen.length > 0 && !all.checked;
}

function tick(box, on) {
  box.checked = on;
  ticked[on ? "add" : "delete"](box.dataset.number);
}

found.addEventListener("click", ({ target, shiftKey }) => {
  if (target.id === "all") for (const box of boxes()) tick(box, target.checked);
  else if (target.dataset?.number) {
    const all = boxes();
    const from = shiftKey && last ? all.findIndex((box) => box.dataset.number === last) : -1;
    const to = all.indexOf(target);
    const range = from < 0 ? [target] : all.slice(Math.min(from, to), Math.max(from, to) + 1);
    for (const box of range) tick(box, target.checked);
    last = target.dataset.number;
  } else return;
  show();
});

document.addEventListener("redrawn", () => {
  const here = new Set(boxes().map((box) => box.dataset.number));
  for (const number of ticked) if (!here.has(number)) ticked.delete(number); // it is in this list no more
  for (const box of boxes()) box.checked = ticked.has(box.dataset.number);
  show();
  counts();
});

$("untick")?.addEventListener("click", () => {
  for (const box of boxes()) tick(box, false);
  show();
  $("all").focus();
});

for (const opener of document.querySelectorAll("[data-several]")) opener.addEventListener("click", () => begin(opener.dataset.several));

function begin(step) {
  const dialog = $(`do-${step}`);
  const chosen = boxes().filter((box) => box.checked);
  dialog.querySelector("form").hidden = false;
  dialog.querySelector(".going").hidden = true;
  dialog.querySelector("[data-about]").textContent = t("console.live.cases_chosen", { n: chosen.length });
  const into = dialog.querySelector("select[name=master]");
  into?.replaceChildren(...chosen.map((box) => h("option", { value: box.dataset.number }, `${box.dataset.number} · ${box.dataset.what}`)));
  dialog.showModal();
}

for (const form of document.querySelectorAll("form[data-step]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(form));
    const chosen = boxes().filter((box) => box.checked && box.dataset.number !== given.master);
    if (!busy) all(form.closest("dialog"), form.dataset.step, given, chosen.map((box) => ({ ...box.dataset })));
  });
}

/** One case after the other, each by the door of a single one and in a transaction of its own. */
async function all(dialog, step, given, chosen) {
  busy = true;
  const [going, words, bar, refused] = [".going", "[data-going]", "progress", ".refused"].map((one) => dialog.querySelector(one));
  dialog.querySelector("form").hidden = true;
  going.hidden = false;
  refused.replaceChildren();
  bar.max = chosen.length;
  let done = 0;
  for (const [at, { number, version }] of chosen.entries()) {
    bar.value = at;
    words.textContent = t("console.live.cases_going", { n: at + 1, all: chosen.length });
    const wrong = await once(number, { key: uuid(), step, version: Number(version), ...given });
    if (wrong) refused.append(h("li", {}, h("a", { class: "num", href: `/console/cases/${number}` }, number), ` ${wrong}`));
    else {
      done += 1;
      ticked.delete(number);
    }
  }
  bar.value = chosen.length;
  busy = false;
  words.textContent = t(done === chosen.length ? "console.live.cases_all_done" : "console.live.cases_some_done", { n: done, all: chosen.length });
  if (done === chosen.length) {
    dialog.close();
    toast(words.textContent);
  }
  await redraw();
}

/** Why it was refused; nothing where it was done. Without an answer it is asked again under the same key. */
async function once(number, asked) {
  for (const again of [true, false]) {
    try {
      await post(`/api/staff/cases/${encodeURIComponent(number)}/steps`, asked);
      return "";
    } catch (error) {
      if (!again || error.message !== t("console.live.failed")) return error.message;
    }
  }
  return "";
}

// Keys, on a desk: never while somebody writes, composes, or has a dialog open.
const KEYS = "fengqiao.keys";
const on = () => localStorage.getItem(KEYS) !== "off";
$("keys-on").checked = on();
$("keys-on").addEventListener("change", ({ target }) => localStorage.setItem(KEYS, target.checked ? "on" : "off"));

const writing = (node) => node.matches("input:not([type=checkbox]), select, textarea, [contenteditable]") || node.closest("dialog[open]");

function go(by) {
  const all = links();
  const at = all.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, at + by))];
  next?.focus();
  next?.closest("tr").scrollIntoView({ block: "nearest" });
}

const here = () => document.activeElement.closest("#found tbody tr");
const DOES = {
  "/": () => $("q").focus(),
  j: () => go(1),
  k: () => go(-1),
  o: () => here()?.querySelector("a.open").click(),
  x: () => here()?.querySelector("input[data-number]")?.click(),
  "?": () => $("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
  if (writing(event.target) || !DOES[event.key] || (!on() && event.key !== "?")) return;
  event.preventDefault();
  DOES[event.key]();
});
