// Files go up as they are; what they would change is the next page.
import { $, t } from "../lib/dom.js";
import { send } from "./console.js";

$("give").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  const { ok, said } = await send("/console/tables/import", new FormData(form));
  button.disabled = false;
  if (ok) location.assign(said.to);
  else form.querySelector(".wrong").textContent = said?.error?.message ?? t("console.live.failed");
});
