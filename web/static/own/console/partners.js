// A hotline's table: looked at first, then filed a few lines at a time; the file stays in this browser. New keys.
import { $, h, page, t } from "../lib/dom.js";
import { fields, post, redraw, toast } from "./console.js";

const csrf = document.querySelector('meta[name="csrf"]').content;
let file = null;

/** Sends the table to a door; the answer, or an Error with the server's words. */
async function send(path) {
  const body = new FormData();
  body.append("file", file, file.name);
  const headers = { "X-CSRF-Token": csrf, "X-Locale": page.locale };
  const answer = await fetch(`/console/partners/hotline/${path}`, { method: "POST", headers, body, credentials: "same-origin" }).catch(() => null);
  if (answer?.ok) return answer;
  const said = await answer?.json().catch(() => null);
  throw new Error(said?.error?.message ?? t("console.live.failed"));
}

async function look() {
  const found = await (await send("preview")).json();
  $("hotline-said").textContent = found.said;
  $("hotline-take").hidden = found.good === 0;
  $("hotline-problems").hidden = found.bad === 0;
  const rows = found.problems.map((one) => h("tr", {}, h("td", { class: "num" }, one.line), h("td", {}, one.problem)));
  document.querySelector("#hotline-problems tbody").replaceChildren(...rows);
  $("hotline-found").hidden = false;
}

/** Saves the answer as a file. */
async function answers() {
  const answer = await send("answers");
  const url = URL.createObjectURL(await answer.blob());
  const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? "answers.csv";
  h("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

async function take() {
  const bar = $("hotline-progress");
  $("hotline-take").hidden = true;
  bar.hidden = false;
  let next = 0;
  let taken = 0;
  while (next !== null) {
    const step = await (await send(`take?after=${next}`)).json();
    [next, taken] = [step.next, taken + step.new];
    [bar.max, bar.value] = [step.all, step.done];
  }
  $("hotline-said").textContent = t("console.live.partners_took", { n: taken });
}

async function trying(what) {
  $("hotline-wrong").textContent = "";
  await what().catch((error) => { $("hotline-wrong").textContent = error.message; });
}

$("hotline").addEventListener("submit", (event) => {
  event.preventDefault();
  file = event.target.file.files[0];
  $("hotline-found").hidden = true;
  if (!file) $("hotline-wrong").textContent = t("console.live.partners_choose");
  else trying(event.submitter?.value === "answers" ? answers : look);
});
$("hotline-take").addEventListener("click", () => trying(take));

$("new-key")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const wrong = form.querySelector(".wrong");
  wrong.textContent = "";
  try {
    const asked = fields(form);
    const { key } = await post("/console/partners/keys", { ...asked, per_minute: Number(asked.per_minute) });
    $("key-words").textContent = key;
    $("key").showModal();
    form.reset();
    redraw();
  } catch (error) {
    wrong.textContent = error.message;
  }
});

$("key").addEventListener("close", () => { $("key-words").textContent = ""; });
$("key-words").addEventListener("click", async () => {
  await navigator.clipboard?.writeText($("key-words").textContent);
  toast(t("console.live.partners_copied"));
});
