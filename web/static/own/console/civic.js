// Papers that are made by posting: voting slips are new each time, so no address can be shared that makes them.
import { toast } from "./console.js";
import { page, t } from "../lib/dom.js";

const csrf = document.querySelector('meta[name="csrf"]').content;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-paper]");
  if (!button || (button.dataset.confirm && !confirm(button.dataset.confirm))) return;
  button.disabled = true;
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf, "X-Locale": page.locale };
  const body = JSON.stringify({ place: button.dataset.place });
  const answer = await fetch(button.dataset.paper, { method: "POST", headers, body, credentials: "same-origin" }).catch(() => null);
  if (answer?.ok) save(await answer.blob(), `${button.dataset.place}.pdf`);
  else toast((await answer?.json().catch(() => null))?.error?.message ?? t("console.live.failed"));
  button.disabled = false;
});

function save(paper, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(paper);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
