// Check, try and replay: with the row in the form as it stands, or with the table in force where there is no form.
import { $, h, page, t } from "../lib/dom.js";
import { fields, send } from "./console.js";

/** The form's fields; none for whoever may only look, or at the list. */
function draft() {
  const form = $("rule");
  return form && form.querySelector("button.next") ? fields(form) : null;
}

const list = (name, lines, kind) => lines.length > 0 && h("section", {}, h("h3", { class: "part" }, h("span", { class: `mark ${kind}` }, name)), h("ul", { class: "rule-lines" }, lines.map((line) => h("li", {}, line))));

function checked({ forbids, tells }) {
  if (!forbids.length && !tells.length) return [h("p", {}, t("console.live.rules_sound"))];
  return [list(t("console.live.rules_forbids"), forbids, "alarm"), list(t("console.live.rules_tells"), tells, "warn")];
}

function tried({ lines, because, lost }) {
  const row = (one) => h("li", {}, `${one.asks} → ${one.goes}`, h("br"), h("span", { class: "soft" }, `${one.why} · `, h("span", { class: "num" }, one.rule)));
  return [
    h("dl", { class: "rule-told" }, lines.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    h("p", {}, because),
    lost.length > 0 && h("section", {}, h("h3", { class: "part" }, t("console.live.rules_lost")), h("ul", { class: "rule-lines" }, lost.map(row))),
  ];
}

function replayed({ cases, changed, units, shown }) {
  const difference = (a, b) => (b > a ? `+${b - a}` : `−${a - b}`);
  return [
    h("p", {}, t("console.live.rules_changed", { n: changed, all: cases })),
    units.length > 0 && h("table", { class: "grid num" }, h("tbody", {}, units.map(([name, before, after]) =>
      h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "right" }, `${before} → ${after}`), h("td", { class: "right" }, difference(before, after)))))),
    shown.length > 0 && h("ul", { class: "rule-lines" }, shown.map((one) => h("li", {},
      h("a", { class: "num", href: `/console/cases/${encodeURIComponent(one.number)}` }, one.number), ` ${one.from} → ${one.to} `, h("span", { class: "soft num" }, one.rule)))),
    shown.length < changed && h("p", { class: "soft" }, t("console.live.rules_shown", { n: shown.length })),
  ];
}

const TOOLS = { check: checked, try: tried };

function refused(form, said) {
  const beside = Object.values(said?.error?.fields ?? {});
  form.querySelector(".wrong").textContent = [said?.error?.message ?? t("console.live.failed"), ...beside].join("\n");
}

async function ask(form, tool) {
  const { ok, said } = await send(`/console/rules/${tool}`, { ...fields(form), draft: draft() });
  if (!ok) return refused(form, said);
  return form.querySelector("[data-out]").replaceChildren(...TOOLS[tool](said).filter(Boolean));
}

/** Line by line as it comes: how far it is, at last what would go elsewhere. */
async function replay(form) {
  const bar = form.querySelector("progress");
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": document.querySelector('meta[name="csrf"]').content, "X-Locale": page.locale };
  const answer = await fetch("/console/rules/replay", { method: "POST", headers, body: JSON.stringify({ ...fields(form), draft: draft() }), credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok) return refused(form, await answer?.json().catch(() => null));
  bar.hidden = false;
  let rest = "";
  let last = null;
  for (const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader(); ;) {
    const { value, done } = await reader.read();
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines.filter(Boolean).map((one) => JSON.parse(one))) {
      if ("total" in line) bar.value = line.total ? line.done / line.total : 1;
      else last = line;
    }
  }
  bar.hidden = true;
  if (!last) return refused(form, null); // it broke off
  return form.querySelector("[data-out]").replaceChildren(...replayed(last).filter(Boolean));
}

for (const form of document.querySelectorAll("form[data-tool]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const { tool } = form.dataset;
    form.querySelector(".wrong").textContent = "";
    form.querySelector("[data-out]").replaceChildren();
    button.disabled = true;
    try {
      await (tool === "replay" ? replay(form) : ask(form, tool));
    } catch {
      refused(form, null);
    } finally {
      button.disabled = false;
      form.querySelector("progress")?.setAttribute("hidden", "");
    }
  });
}
