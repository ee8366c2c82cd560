// The buildings of an area, asked for when somebody wants only some of it. And papers that are made by posting:
// voting slips are new each time, so no address can be shared that makes them.
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

for (const some of document.querySelectorAll("[data-ticks]")) {
  const area = some.closest("form").elements.area;
  some.addEventListener("toggle", () => some.open && !some.querySelector("input") && offer(some, area.value));
  area.addEventListener("change", () => some.open ? offer(some, area.value) : some.querySelector(".ticks").replaceChildren());
}

async function offer(some, area) {
  const into = some.querySelector(".ticks");
  into.replaceChildren(); // a tick in another area must not stay
  const answer = await fetch(`/console/places?area=${encodeURIComponent(area)}`, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok) return toast(t("console.live.failed"));
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (some.closest("form").elements.area.value === area) into.replaceChildren(...fresh.body.childNodes);
}

function save(paper, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(paper);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
