// What every page of the console does by itself: forms are posted as JSON, and what changed is drawn anew in place.
import { $, h, page, t } from "../lib/dom.js";
import { listen } from "../lib/live.js";

const csrf = document.querySelector('meta[name="csrf"]').content;

/** Sends JSON, or a form with files, to one of our doors: whether it was taken, and what was said. */
export async function send(path, body = {}, method = "POST") {
  const files = body instanceof FormData;
  const headers = { "X-CSRF-Token": csrf, "X-Locale": page.locale, ...(files ? {} : { "Content-Type": "application/json" }) };
  const answer = await fetch(path, { method, headers, body: files ? body : JSON.stringify(body), credentials: "same-origin" }).catch(() => null);
  if (answer && answer.status === 401) location.reload(); // signed out meanwhile: the door leads back here
  const said = answer ? await answer.json().catch(() => null) : null;
  return { ok: Boolean(answer?.ok), said };
}

/** What a door answers to it, or an Error with the server's words. */
export async function post(path, body = {}, method = "POST") {
  const { ok, said } = await send(path, body, method);
  if (ok) return said ?? {};
  throw new Error(said?.error?.message ?? t("console.live.failed"));
}

export function toast(words) {
  const node = h("p", { class: "toast" }, words);
  $("toasts").append(node);
  setTimeout(() => node.remove(), 4000);
}

/** The fields of a form: a name that ends in [] is a list, a ticked box without a value is true. */
export function fields(form) {
  const body = {};
  for (const [name, value] of new FormData(form)) {
    if (name.endsWith("[]")) (body[name.slice(0, -2)] ??= []).push(value);
    else body[name] = value;
  }
  for (const box of form.querySelectorAll("input[type=checkbox]:not([value])")) body[box.name] = box.checked;
  return body;
}

/** `<form data-post="/door">`: answers {"to": address} to go there, {"said": words} to stay; else the page is drawn anew. */
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-post]");
  if (!form) return;
  event.preventDefault();
  const ask = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (ask && !confirm(ask)) return;
  const wrong = form.querySelector(".wrong");
  const own = event.submitter?.name ? { [event.submitter.name]: event.submitter.value } : {};
  const buttons = [...form.querySelectorAll("button")].filter((one) => !one.disabled);
  for (const one of buttons) one.disabled = true;
  try {
    const said = await post(event.submitter?.dataset.post ?? form.dataset.post, { ...fields(form), ...own }, form.dataset.method ?? "POST");
    if (wrong) wrong.textContent = "";
    if (said.to) location.assign(said.to);
    else {
      toast(said.said ?? t("console.live.saved"));
      form.closest("dialog")?.close();
      await redraw();
    }
  } catch (error) {
    if (wrong) wrong.textContent = error.message;
    else toast(error.message);
  } finally {
    for (const one of buttons) one.disabled = false;
  }
});

const fold = document.querySelector(".menu-fold"); // folded only where there is no room
const roomy = matchMedia("(min-width: 900px)");
const unfold = () => { if (fold && roomy.matches) fold.open = true; };
roomy.addEventListener("change", unfold);
unfold();

/** Opens and closes dialogs: `<button data-open="id">`, `<button data-close>`. */
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) $(opener.dataset.open).showModal();
  const dialog = event.target.closest("dialog");
  if (dialog && (event.target === dialog || event.target.closest("[data-close]"))) dialog.close();
});

/** Chooses at once: `<select data-go>` in a GET form. */
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-go]")) event.target.form.requestSubmit();
});

const busy = (part) => part.contains(document.activeElement) && document.activeElement.matches("input:not([type=checkbox]), select, textarea");

let asked = 0;

/** Draws each `[data-live]` of the page anew from the server, but for one somebody is writing in. `redrawn` follows. */
export async function redraw(address = location.href) {
  const mine = ++asked;
  const answer = await fetch(address, { headers: { "X-Part": "1" }, credentials: "same-origin", cache: "no-store" }).catch(() => null);
  if (answer?.status === 401) location.reload();
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== asked) return; // somebody asked for another page meanwhile
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.getElementById(part.id);
    if (now && !busy(part) && now.innerHTML !== part.innerHTML) replace(part, now);
  }
  document.dispatchEvent(new CustomEvent("redrawn"));
}

/** The focus stays on what has the same id or address, and what was folded open stays open. */
function replace(part, now) {
  const held = part.contains(document.activeElement) ? document.activeElement : null;
  const open = [...part.querySelectorAll("details[open][id]")].map((one) => one.id);
  part.replaceChildren(...now.childNodes);
  for (const id of open) part.querySelector(`details[id="${CSS.escape(id)}"]`)?.setAttribute("open", "");
  if (!held) return;
  const same = held.id ? `[id="${CSS.escape(held.id)}"]` : held.getAttribute("href") && `a[href="${CSS.escape(held.getAttribute("href"))}"]`;
  if (same) part.querySelector(same)?.focus();
}

let waiting = 0;

if (document.querySelector("[data-live]")) {
  const pause = 1000 * (document.querySelector("[data-live-every]")?.dataset.liveEvery ?? 0.4);
  const soon = () => { // many changes at once are one, and changes without end are shown all the same
    waiting ||= setTimeout(() => { waiting = 0; redraw(); }, pause + Math.random() * 400);
  };
  listen({ url: () => "/api/staff/stream", event: "changed", heard: soon, poll: () => redraw(), fast: 15000 });
}
