// Away and back: until which day and who covers, on a sheet; while it lasts, a line above the tasks and on the account's sheet.
import { $, announce, h, t } from "../lib/dom.js";
import { date, day } from "../lib/time.js";
import * as api from "./api.js";
import { sheet } from "./step.js";
import { now } from "./words.js";

const DAY = 86400000;
const OFFERED = [1, 3, 7]; // days, today among them
const LONGEST = 180;
const HANDLES = new Set(["worker", "clerk", "leader"]); // who has cases that somebody must cover
let role = ""; // of whoever is signed in, where they handle cases
let known = null; // the last answer of GET away

const lastOf = (days) => date(now() + (days - 1) * DAY);
const inWords = (until) => day(`${until}T12:00:00+08:00`, now());
const leader = () => t(`staff.away.leader.${role}`);

function draw(answer) {
  known = answer;
  const { until, cover, covers } = answer;
  const lines = () => [
    until && h("div", { class: "duty-line" },
      h("p", {}, t("staff.away.gone", { day: inWords(until), name: cover || leader() })),
      h("button", { type: "button", class: "button quiet", onclick: comeBack }, t("staff.away.back"))),
    ...covers.map((one) => h("p", {}, t("staff.away.for", { day: inWords(one.until), name: one.name }))),
  ].filter(Boolean);
  for (const id of ["away", "me-away"]) {
    $(id).replaceChildren(...lines());
    $(id).hidden = !until && !covers.length;
  }
}

async function comeBack(event) {
  const button = event.currentTarget;
  button.disabled = true;
  try {
    draw(await api.comeBack());
    announce(t("staff.away.here"));
    if (!$("me").open) $("me-open").focus();
  } catch (error) {
    announce(error.message);
    refresh();
    button.disabled = false;
  }
}

/** Days to press fill the date, a date that is typed lets go of them. */
function lastDay() {
  const field = h("input", { class: "input num", type: "date", name: "until", min: lastOf(1), max: lastOf(LONGEST) });
  const chips = OFFERED.map((days) => h("button", { type: "button", class: "chip", onclick: () => press(lastOf(days)) }, days === 1 ? t("staff.away.today") : t("staff.days", { n: days })));
  const choose = (until) => {
    field.value = until;
    chips.forEach((chip, at) => chip.setAttribute("aria-pressed", String(lastOf(OFFERED[at]) === until)));
  };
  const press = (until) => {
    field.value = until;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  field.addEventListener("input", () => choose(field.value));
  choose((known && known.until) || lastOf(1));
  return [field, h("div", { class: "chips", role: "group", "aria-label": t("staff.away.days") }, chips)];
}

export function show() {
  const [until, days] = lastDay();
  const cover = h("select", { class: "input", name: "cover" }, h("option", { value: "" }, t("staff.away.by", { name: leader() })),
    known.colleagues.map((one) => h("option", { value: one.code }, t("staff.away.by", { name: one.name }))));
  const form = h("form", { class: "step-form", novalidate: true },
    h("p", { class: "soft" }, t("staff.away.about")), days,
    h("label", { class: "field" }, h("span", { class: "name" }, t("staff.away.until")), until),
    h("label", { class: "field" }, h("span", { class: "name" }, t("staff.away.cover")), cover));
  form.addEventListener("input", () => form.querySelector(".wrong").replaceChildren());
  sheet(t("staff.away.open"), "", form, t("staff.away.leave"), async () => {
    if (!until.value || until.value < lastOf(1) || until.value > lastOf(LONGEST)) throw new Error(t("staff.away.which_day"));
    const answer = await api.leave(until.value, cover.value);
    draw(answer);
    announce(t("staff.away.left", { n: answer.handed }));
  });
}

/** Asks again how it stands; without an answer the old one stays. */
export async function refresh() {
  const asked = role;
  const answer = role && await api.away().catch(() => null);
  if (!answer || asked !== role) return;
  draw(answer);
  $("away-open").hidden = false;
}

export function begin(person) {
  role = HANDLES.has(person.role) ? person.role : "";
}

/** Signed out: the next person has their own days. */
export function forget() {
  role = "";
  known = null;
  $("away-open").hidden = true;
  for (const id of ["away", "me-away"]) {
    $(id).replaceChildren();
    $(id).hidden = true;
  }
}
