// Who is on duty for one's unit, in a line above the tasks; taking over with one press, handing over on a sheet.
import { $, announce, h, t } from "../lib/dom.js";
import { stamp } from "../lib/time.js";
import * as api from "./api.js";
import { sheet } from "./step.js";
import { now } from "./words.js";

let known = ""; // the last answer of GET duty, so that nothing is drawn twice

const until = (one) => t("staff.duty.until", { name: one.name, time: stamp(one.until, now()) });

function names(on) {
  return on.length ? on.map(until).join(t("staff.duty.sep")) : t("staff.duty.nobody");
}

function takeOver(one) {
  const wrong = h("p", { class: "wrong", role: "alert" });
  const press = async (event) => {
    event.currentTarget.disabled = true;
    try {
      draw(await api.acceptDuty(one.id));
      announce(t("staff.duty.taken"));
    } catch (error) {
      wrong.textContent = error.message;
      refresh();
    }
  };
  return h("div", { class: "duty-asked" },
    h("p", {}, t("staff.duty.asked", { name: one.from, time: stamp(one.until, now()) })),
    one.note && h("p", { class: "duty-note" }, one.note), wrong,
    h("button", { type: "button", class: "button", onclick: press }, t("staff.duty.take")));
}

/** A hand-over with its note, once accepted, or still waiting for the other. */
const noteOf = (one) => one.mine && one.note && h("p", { class: "duty-note" }, one.note);
const waitsFor = (one) => !one.mine && h("p", { class: "soft" }, t("staff.duty.waits", { from: one.from, name: one.to }));

function draw(answer) {
  const same = JSON.stringify(answer);
  if (same === known) return;
  known = same;
  const { on, waiting, colleagues } = answer;
  const mine = on.some((one) => one.mine);
  $("duty").hidden = !on.length && !waiting.length;
  $("duty").replaceChildren(
    h("div", { class: "duty-line" },
      h("h2", { class: "soft" }, t("staff.duty.title")),
      h("p", {}, names(on)),
      mine && colleagues.length ? h("button", { type: "button", class: "button quiet", "aria-haspopup": "dialog", onclick: () => handOver(colleagues) }, t("staff.duty.hand_over")) : ""),
    ...on.map(noteOf).filter(Boolean),
    ...waiting.map((one) => waitsFor(one) || takeOver(one)));
}

function handOver(colleagues) {
  const to = h("select", { class: "input", name: "to" }, colleagues.map((one) => h("option", { value: one.code }, one.name)));
  const note = h("textarea", { class: "input", name: "note", maxlength: "500", rows: "4" });
  const form = h("form", { class: "step-form" },
    h("label", { class: "field" }, h("span", { class: "name" }, t("staff.duty.to")), to),
    h("label", { class: "field" }, h("span", { class: "name" }, t("staff.duty.note")), note));
  sheet(t("staff.duty.hand_over"), "", form, t("staff.duty.hand_over"), async () => {
    draw(await api.handOverDuty(to.value, note.value.trim()));
    announce(t("staff.duty.handed"));
  });
}

/** Asks again who is on; without an answer the old one stays. */
export async function refresh() {
  const answer = await api.duty().catch(() => null);
  if (answer) draw(answer);
}

/** Signed out: the next person has their own unit. */
export function forget() {
  known = "";
  $("duty").replaceChildren();
  $("duty").hidden = true;
}
