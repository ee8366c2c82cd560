// A row of a table: saved, or told beside each field why not; a password shown once.
import { $, t } from "../lib/dom.js";
import { fields, send } from "./console.js";

for (const form of document.querySelectorAll("form[data-save]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.sure && !confirm(form.dataset.sure)) return;
    const button = form.querySelector("button");
    button.disabled = true;
    const { ok, said } = await send(form.dataset.save, fields(form));
    button.disabled = false;
    if (ok) location.assign(said.to);
    else tell(form, said?.error ?? {});
  });
}

function tell(form, error) {
  const wrong = error.fields ?? {};
  for (const line of form.querySelectorAll("[data-wrong]")) {
    line.textContent = wrong[line.dataset.wrong] ?? "";
    form.elements[line.dataset.wrong]?.setAttribute?.("aria-invalid", String(Boolean(line.textContent)));
  }
  form.querySelector("[data-rest]").textContent = error.message ?? t("console.live.failed");
  form.querySelector('[aria-invalid="true"]')?.focus();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-password]");
  if (!button) return;
  button.disabled = true;
  const { ok, said } = await send("/console/tables/people/password", { code: button.dataset.password });
  button.disabled = false;
  $("secret").textContent = ok ? t("console.live.tables_password", said) : said?.error?.message ?? t("console.live.failed");
});
