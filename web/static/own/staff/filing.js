// Filing for a visitor or for oneself: a form on the sheet, then a receipt to hand over or print.
import { $, announce, h, t, uuid } from "../lib/dom.js";
import { close, open } from "../lib/sheet.js";
import * as api from "./api.js";
import { photoField } from "./photos.js";
import { show } from "./step.js";

let draft = { how: "registered", key: uuid() }; // kept until the server has answered

const field = (name, input) => h("label", { class: "field" }, h("span", { class: "name" }, t(`staff.new.${name}`)), input);

function whose(change) {
  const row = (how) => h("label", { class: "row pick" },
    h("input", { type: "radio", name: "how", value: how, checked: draft.how === how, onchange: change }), h("span", {}, t(`staff.new.${how}`)));
  return h("fieldset", {}, h("legend", { class: "name" }, t("staff.new.whose")), h("div", { class: "rows" }, ["registered", "reported"].map(row)));
}

function line(name, extra = {}) {
  return h("input", { class: "input", name, autocomplete: "off", maxlength: "200", value: draft[name] || "", ...extra });
}

/** Opens the form; a volunteer can only report what they saw. `filed(number)` hears of it. */
export function begin(person, filed) {
  if (person.role === "volunteer") draft.how = "reported";
  const text = h("textarea", { class: "input", name: "text", maxlength: "2000", rows: "5", required: true });
  text.value = draft.text || "";
  const phone = field("phone", line("phone", { type: "tel", maxlength: "40" }));
  const change = () => { phone.hidden = new FormData(form).get("how") !== "registered"; };
  const wrong = h("p", { class: "wrong", role: "alert" });
  const submit = h("button", { type: "submit", class: "button next wide" }, t("staff.new.submit"));
  const form = h("form", { class: "step-form", novalidate: true },
    person.role !== "volunteer" && whose(change), field("text", text), field("place", line("place")), phone, photoField(draft, false), wrong, submit);
  phone.hidden = draft.how !== "registered";
  form.addEventListener("input", () => read(form));
  form.addEventListener("submit", async (sent) => {
    sent.preventDefault();
    read(form);
    if (!draft.text) return complain(wrong, text);
    submit.disabled = true;
    wrong.replaceChildren();
    try {
      if (draft.sending) await draft.sending;
      const receipt = await api.file(bodyOf());
      draft = { how: draft.how, key: uuid() };
      announce(t("staff.new.done"));
      shown(receipt);
      filed(receipt.number);
    } catch (error) {
      wrong.replaceChildren(error.message);
      if (error instanceof api.Refused) draft.key = uuid();
    } finally {
      submit.disabled = false;
    }
  });
  show(t("staff.new.open"), "", form);
}

function complain(wrong, text) {
  wrong.replaceChildren(t("staff.need.text"));
  text.focus();
}

function read(form) {
  const given = new FormData(form);
  for (const name of ["how", "text", "place", "phone"]) if (given.has(name)) draft[name] = String(given.get(name)).trim();
}

function bodyOf() {
  const { key, how, text, place = "", phone = "", photos = [] } = draft;
  return { key, how, text, place, phone: how === "registered" ? phone : "", photos: photos.map((photo) => photo.id) };
}

/** Number and code, large enough to be copied by hand; the print is these alone, the paper has all but the code. */
function shown({ number, code, due, who, text }) {
  const row = (name, value) => h("div", {}, h("dt", {}, t(`staff.new.${name}`)), h("dd", { class: "num" }, value));
  const paper = h("section", { class: "receipt" },
    h("dl", {}, row("number", number), row("code", code)),
    h("p", { class: "receipt-text" }, text), h("p", {}, who, " · ", due), h("p", { class: "soft" }, t("staff.new.keep")));
  show(t("staff.new.done"), "", paper,
    h("button", { type: "button", class: "button next wide", onclick: () => window.print() }, t("staff.new.print")),
    h("a", { class: "button wide", href: `/api/staff/cases/${number}/receipt.pdf`, target: "_blank", rel: "noopener" }, t("staff.new.receipt")),
    h("a", { class: "button wide", href: `#case/${number}`, onclick: () => close($("step")) }, t("staff.new.look")));
  if (!$("step").open) open($("step"));
}
