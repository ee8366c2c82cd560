// Which units are called in (吹哨): each chosen from a list, with room for what it alone is to do.
import { h, icon, t } from "../lib/dom.js";

function chosen(one, label, remove) {
  const own = h("input", { class: "input", maxlength: "500", placeholder: t("staff.ask.own_words"), "aria-label": `${label}: ${t("staff.ask.own_words")}` });
  own.value = one.text;
  own.addEventListener("input", () => { one.text = own.value; });
  return h("li", { class: "call" },
    h("div", { class: "call-head" }, h("span", {}, label),
      h("button", { type: "button", class: "tool", "aria-label": t("staff.remove_unit", { unit: label }), onclick: remove }, icon("close"))),
    own);
}

/** The list so far, and a select that adds to it; both kept in `draft.units`. */
export function unitsField(choices, draft) {
  draft.units = (draft.units || []).filter((one) => choices.some(({ value }) => value === one.unit));
  const names = new Map(choices.map(({ value, label }) => [value, label]));
  const list = h("ul", { class: "call-list" });
  const add = h("select", { class: "input", "aria-label": t("staff.ask.units") });
  const draw = () => {
    const taken = new Set(draft.units.map((one) => one.unit));
    list.replaceChildren(...draft.units.map((one) => chosen(one, names.get(one.unit), () => {
      draft.units = draft.units.filter((other) => other !== one);
      draw();
      add.focus();
    })));
    add.replaceChildren(h("option", { value: "" }, t(taken.size ? "staff.ask.add_unit" : "staff.choose")),
      ...choices.filter(({ value }) => !taken.has(value)).map(({ value, label }) => h("option", { value }, label)));
  };
  add.addEventListener("change", () => {
    if (!add.value) return;
    draft.units.push({ unit: add.value, text: "" });
    draw();
  });
  draw();
  return h("div", { class: "field", "data-field": "units" }, h("span", { class: "name" }, t("staff.ask.units")), list, add);
}
