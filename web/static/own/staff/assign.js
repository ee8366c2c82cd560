// Whom a case goes to: unit, person, and the category put right, with the three best guesses one tap away.
import { h, t } from "../lib/dom.js";
import * as api from "./api.js";
import { percent } from "./words.js";

function select(name, label, ...options) {
  const field = h("select", { class: "input", name }, options);
  return [h("label", { class: "field", "data-field": name }, h("span", { class: "name" }, label), field), field];
}

const option = (value, label) => h("option", { value }, label);

function categoryOptions(categories) {
  return categories.map((one) => h("optgroup", { label: one.name }, option(one.code, one.name),
    (one.items || []).map((item) => option(item.code, `　${item.name}`))));
}

function named(categories, label) {
  for (const one of categories) {
    if (one.code === label || one.name === label) return one;
    const item = (one.items || []).find((it) => it.code === label || it.name === label);
    if (item) return item;
  }
  return null;
}

function chips(it, categories, field) {
  const ranking = (it.prediction && it.prediction.ranking) || [];
  const known = ranking.slice(0, 3).map(([label, share]) => [named(categories, label), share]).filter(([one]) => one);
  const chip = ([one, share]) => {
    const press = () => {
      field.value = one.code;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    return h("button", { type: "button", class: "chip", "aria-pressed": "false", "data-code": one.code, onclick: press }, one.name, " ", h("span", { class: "num soft" }, percent(share)));
  };
  const row = h("div", { class: "chips", role: "group", "aria-label": t("staff.suggestions") }, known.map(chip));
  field.addEventListener("input", () => row.querySelectorAll(".chip").forEach((node) => node.setAttribute("aria-pressed", String(node.dataset.code === field.value))));
  return known.length ? row : "";
}

function build({ units, categories }, it, draft) {
  const [unitField, unit] = select("unit", t("staff.ask.unit"), option("", t("staff.choose")), units.map((one) => option(one.code, one.name)));
  const [personField, person] = select("assignee", t("staff.ask.assignee"));
  const [categoryField, category] = select("category", t("staff.ask.category"), option("", t("staff.keep_category")), categoryOptions(categories));
  const people = () => {
    const chosen = units.find((one) => one.code === unit.value);
    person.replaceChildren(option("", t("staff.unit_decides")), ...((chosen && chosen.people) || []).map((one) => option(one.code, one.name)));
    person.disabled = !chosen;
  };
  unit.addEventListener("input", people);
  unit.value = draft.unit || "";
  people();
  person.value = draft.assignee || "";
  category.value = draft.category || "";
  return [chips(it, categories, category), categoryField, unitField, personField];
}

/** The fields, as soon as the choices are there. */
export function assignFields(it, draft) {
  const place = h("div", { class: "assign", "data-field": "unit" }, h("p", { class: "soft", role: "status" }, t("staff.loading")));
  api.choices().then(
    (all) => place.replaceChildren(...build(all, it, draft)),
    (error) => place.replaceChildren(h("p", { class: "wrong", role: "alert" }, error.message)));
  return place;
}
