// A step's sheet: asks for what the step needs, keeps it until the server answered, and sends it under one key.
import { $, h, icon, t, uuid } from "../lib/dom.js";
import { close, open } from "../lib/sheet.js";
import * as api from "./api.js";
import { photoField } from "./photos.js";
import { assignFields } from "./assign.js";
import { unitsField } from "./units.js";
import { stamp } from "../lib/time.js";
import { now } from "./words.js";

const drafts = new Map(); // "number step" → what was typed, until the step is taken
const keys = new Map(); // "number step version body" → key of a try without an answer

/** Takes a step; the same words again after no answer go under the same key. */
export async function take(number, body) {
  const what = `${number} ${JSON.stringify(body)}`;
  if (!keys.has(what)) keys.set(what, uuid());
  try {
    const latest = await api.take(number, { key: keys.get(what), ...body });
    keys.delete(what);
    drafts.delete(`${number} ${body.step}`);
    return latest;
  } catch (error) {
    if (error instanceof api.Refused) keys.delete(what);
    throw error;
  }
}

function radios(name, choices, draft) {
  return h("fieldset", { "data-field": name }, h("legend", { class: "name" }, t(`staff.ask.${name}`)),
    h("div", { class: "rows" }, choices.map(({ value, label }) =>
      h("label", { class: "row pick" }, h("input", { type: "radio", name, value, checked: draft[name] === value }), h("span", {}, label)))));
}

function words(step, draft, optional) {
  const box = h("textarea", { class: "input", name: "text", maxlength: "2000", rows: "4" });
  box.value = draft.text || "";
  const label = optional ? t("staff.ask.text_optional") : t(`staff.ask.text.${step.name}`);
  return h("label", { class: "field", "data-field": "text" }, h("span", { class: "name" }, label), box);
}

/** A colleague of one's unit; without a choice made nobody is meant. */
function people(choices, draft, label) {
  const field = h("select", { class: "input", name: "assignee" }, h("option", { value: "" }, t("staff.choose")),
    choices.map((one) => h("option", { value: one.value }, one.label)));
  field.value = draft.assignee || "";
  return h("label", { class: "field", "data-field": "assignee" }, h("span", { class: "name" }, label), field);
}

/** One unit of those there are to choose from. */
function oneUnit(choices, draft, label) {
  const field = h("select", { class: "input", name: "unit" }, h("option", { value: "" }, t("staff.choose")),
    choices.map((one) => h("option", { value: one.value }, one.label)));
  field.value = choices.length === 1 ? choices[0].value : draft.unit || "";
  return h("label", { class: "field", "data-field": "unit" }, h("span", { class: "name" }, label), field);
}

function days({ most, working }, draft, order) {
  const field = h("input", { class: "input num", name: "days", type: "number", inputmode: "numeric", min: "1", max: String(most), value: draft.days || "" });
  const name = order ? t("staff.ask.days_order") : t(working ? "staff.ask.days_working" : "staff.ask.days", { most });
  return h("label", { class: "field", "data-field": "days" }, h("span", { class: "name" }, name), field);
}

/** The number of another case: one of those alike, or typed. */
function masterField(it, draft) {
  const box = h("input", { class: "input num", name: "master", autocomplete: "off", maxlength: "32", placeholder: t("staff.ask.master_hint"), value: draft.master || "" });
  const near = h("div", { class: "rows" });
  const choose = (number) => {
    box.value = number;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    near.querySelectorAll("button").forEach((node) => node.setAttribute("aria-pressed", String(node.dataset.number === number)));
  };
  const row = (one) => h("button", { type: "button", class: "row alike", "data-number": one.number, "aria-pressed": String(one.number === draft.master), onclick: () => choose(one.number) },
    h("span", {}, h("b", { class: "num" }, one.number), " ", h("span", { class: "soft" }, [one.status_text, one.place].filter(Boolean).join(" · ")), h("br"), one.text));
  api.alike(it.number).then(({ cases }) => near.replaceChildren(...cases.map(row)), () => undefined);
  return h("div", { "data-field": "master" }, h("label", { class: "field" }, h("span", { class: "name" }, t("staff.ask.master")), box), near);
}

/** What the leader decides on: the reply, or how much more time is wanted and why. */
function wish(step, it) {
  const quiet = (name, ...lines) => h("div", { class: "field" }, h("p", { class: "name" }, name), h("p", { class: "case-notice quiet" }, lines.join("\n")));
  if (step.name === "approve" && it.result) return quiet(t("staff.ask.text.reply"), it.result);
  if (it.exclusion && /_(exclusion|appeal)$/.test(step.name)) return quiet(t("staff.exclusion"), excluded(it.exclusion), it.exclusion.text, it.exclusion.appeal);
  if (it.extension && step.name.endsWith("_extension")) return quiet(t("staff.extension"), wished(it.extension), it.extension.text);
  return null;
}

/** “李敏要延长 3 天，到 11 月 26 日 17:30” */
export const wished = ({ who, days: n, until }) => t("staff.extension_wish", { who, n, until: stamp(until, now()) });

/** “李敏申请：所提要求缺少依据” */
export const excluded = ({ who, ground }) => t("staff.exclusion_wish", { who, ground });

const WHO = { order: "staff.ask.answerer", accuse: "staff.ask.accused" };

function fields(step, it, draft) {
  const needs = new Set(step.needs);
  const asked = new Set([...step.needs, ...(step.optional || [])]);
  const choices = step.choices || {};
  return [
    wish(step, it),
    asked.has("reason") && choices.reason && radios("reason", choices.reason, draft),
    asked.has("ground") && choices.ground && radios("ground", choices.ground, draft),
    asked.has("outcome") && choices.outcome && radios("outcome", choices.outcome, draft),
    asked.has("master") && masterField(it, draft),
    asked.has("unit") && (choices.unit ? oneUnit(choices.unit, draft, step.name === "accuse" ? t("staff.ask.accused_unit") : t("staff.ask.waived")) : assignFields(it, draft)),
    choices.units && unitsField(choices.units, draft),
    choices.assignee && people(choices.assignee, draft, t(WHO[step.name] || "staff.ask.person")),
    step.days && days(step.days, draft, step.name === "order"),
    asked.has("text") && words(step, draft, !needs.has("text")),
    (asked.has("photo") || asked.has("photos")) && photoField(draft, needs.has("photo")),
  ].filter(Boolean);
}

const READS = { reason: "reason", ground: "ground", outcome: "outcome", text: "text", unit: "unit", assignee: "assignee", category: "category", days: "days", master: "master" };

function read(form, draft) {
  const given = new FormData(form);
  for (const name of Object.keys(READS)) {
    if (given.has(name)) draft[name] = String(given.get(name)).trim();
  }
}

function isMissing(need, draft, step) {
  if (need === "photo") return !(draft.photos || []).length;
  if (need === "units") return !(draft.units || []).length;
  if (need === "days") return !/^[0-9]+$/.test(draft.days || "") || Number(draft.days) < 1 || Number(draft.days) > step.days.most;
  return !draft[need];
}

function uncomplain(form) {
  form.querySelectorAll(".wrong.need").forEach((node) => node.remove());
  form.querySelectorAll("[aria-invalid]").forEach((node) => node.removeAttribute("aria-invalid"));
}

function complain(form, need) {
  const part = form.querySelector(`[data-field="${need}"]`);
  uncomplain(form);
  const id = `need-${need}`;
  part.append(h("p", { class: "wrong need", id, role: "alert" }, t(`staff.need.${need}`)));
  const input = part.querySelector("textarea, select, input:not([type=file]), button");
  if (input.type !== "radio") input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", id);
  input.focus();
}

function bodyOf(step, version, draft) {
  const body = { step: step.name, version };
  for (const name of Object.keys(READS)) if (draft[name]) body[name] = draft[name];
  if (body.days) body.days = Number(body.days);
  if ((draft.units || []).length) body.units = draft.units.map(({ unit, text }) => ({ unit, text: text.trim() }));
  if ((draft.photos || []).length) body.photos = draft.photos.map((photo) => photo.id);
  return body;
}

/** Opens the sheet of `step` for case `it`, with what is `given` filled in; `taken(latest)` or `faster(error)` end it. */
export function ask(step, it, { taken, faster }, given = {}) {
  const name = `${it.number} ${step.name}`;
  const draft = Object.assign(drafts.get(name) || {}, given);
  drafts.set(name, draft);
  const error = h("p", { class: "wrong", role: "alert" });
  const submit = h("button", { type: "submit", class: "button next wide" }, step.label);
  const form = h("form", { class: "step-form", novalidate: true }, fields(step, it, draft), error, submit);
  form.addEventListener("input", () => {
    read(form, draft);
    uncomplain(form);
  });
  form.addEventListener("submit", async (sent) => {
    sent.preventDefault();
    read(form, draft);
    await uploaded(draft, submit, error);
    const asked = [...form.querySelectorAll("[data-field]")].map((part) => part.dataset.field); // from the top down
    const missing = asked.find((need) => step.needs.includes(need) && isMissing(need, draft, step));
    if (missing) return complain(form, missing);
    await send(submit, error, () => take(it.number, bodyOf(step, it.version, draft)), { taken, faster });
  });
  show(step.label, it.number, form);
}

/** Whoever presses before a photo has arrived waits for it here, and does not have to press again. */
async function uploaded(draft, submit, error) {
  if (!draft.sending) return;
  submit.disabled = true;
  error.replaceChildren(t("staff.still_uploading"));
  await draft.sending;
  error.replaceChildren();
  submit.disabled = false;
}

async function send(submit, error, act, { taken, faster }) {
  submit.disabled = true;
  submit.setAttribute("aria-busy", "true");
  error.replaceChildren();
  try {
    const latest = await act();
    close($("step"));
    taken(latest);
  } catch (problem) {
    if (problem.latest || problem.status === 404) {
      close($("step"));
      faster(problem);
    } else error.replaceChildren(problem.message);
  } finally {
    submit.disabled = false;
    submit.removeAttribute("aria-busy");
  }
}

/** A sheet with a form of its own; `act()` is what its button does. */
export function sheet(title, number, form, label, act) {
  const error = h("p", { class: "wrong", role: "alert" });
  const submit = h("button", { type: "submit", class: "button next wide" }, label);
  form.append(error, submit);
  form.addEventListener("submit", (sent) => {
    sent.preventDefault();
    send(submit, error, act, { taken: () => undefined, faster: () => undefined });
  });
  show(title, number, form);
}

/** A sheet with a heading, closed by its cross, Escape or a press outside. */
export function show(title, number, ...content) {
  const dialog = $("step");
  dialog.replaceChildren(
    h("div", { class: "sheet-head" },
      h("h2", { id: "step-name" }, title, " ", h("span", { class: "num soft" }, number)),
      h("button", { type: "button", class: "tool", "data-close": true, "aria-label": t("staff.close") }, icon("close"))),
    ...content);
  open(dialog);
}
