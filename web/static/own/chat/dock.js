// What the thumb reaches: quick buttons, and the box with photo, place and send.
import { $, h, keep, t, announce } from "../lib/dom.js";
import * as store from "./store.js";

const LINES = 5;
const NEXT = new Set(["submit", "answer"]); // what the person most likely does next, in maple
const FEW = 2; // buttons in elder mode before “more”

let spread = ""; // the message whose “more” was pressed

function grow(box) {
  box.style.height = "auto";
  const style = getComputedStyle(box);
  const most = parseFloat(style.lineHeight) * LINES + parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
  box.style.height = `${Math.min(box.scrollHeight, most)}px`;
  box.style.overflowY = box.scrollHeight > most ? "auto" : "hidden";
}

function ready() {
  $("send").disabled = !$("box").value.trim();
}

/** Puts words into the box, as after a refusal, and the caret behind them. */
export function fill(text) {
  const box = $("box");
  box.value = text;
  grow(box);
  ready();
  store.keepDraft(text);
  box.focus();
}

/** Wires the box. `say(text)`, `photos(files)` and `place()` take what was given. */
export async function begin({ say, photos, place }) {
  const box = $("box");
  const send = () => {
    const text = box.value.trim();
    if (!text) return;
    fill("");
    say(text);
  };
  let later = 0;
  box.addEventListener("input", () => {
    grow(box);
    ready();
    clearTimeout(later);
    later = setTimeout(() => store.keepDraft(box.value), 150);
  });
  box.addEventListener("keydown", (press) => {
    const composing = press.isComposing || press.keyCode === 229; // Enter that chooses a character never sends
    if (press.key !== "Enter" || press.shiftKey || composing) return;
    press.preventDefault();
    send();
  });
  $("compose").addEventListener("submit", (sent) => {
    sent.preventDefault();
    send();
  });
  $("photo").addEventListener("click", () => pick());
  $("files").addEventListener("change", () => {
    photos([...$("files").files]);
    $("files").value = "";
  });
  $("place").addEventListener("click", place);
  const kept = await store.draft();
  if (kept && !box.value) box.value = kept;
  grow(box);
  ready();
}

/** Opens the device's photo picker; only from a press. */
export const pick = () => $("files").click();

export const resize = () => grow($("box"));

function quick(button, { press, busy }) {
  const next = NEXT.has(button.action) ? "button next" : "button";
  return h("button", { type: "button", class: next, disabled: busy, onclick: () => press(button) }, button.label);
}

function more(id, redraw) {
  const reveal = () => {
    spread = id;
    redraw();
    $("quick").querySelectorAll("button")[FEW].focus();
  };
  return { key: "more", mark: id, make: () => h("button", { type: "button", class: "button", onclick: reveal }, t("chat.more")) };
}

/** Of which case the buttons are, where newer messages stand between them and their own. */
function about(it) {
  return { key: "about", mark: it.number, make: () => h("p", { class: "quick-about num" }, `${it.number} · ${it.status_text}`) };
}

/** Draws the buttons of message `live`; in elder mode two of them, the rest behind “more”. */
export function draw({ live, isLast, elder, busy, press, redraw }) {
  const { id, buttons } = { id: "", buttons: [], ...live };
  const row = $("quick");
  const had = row.contains(document.activeElement);
  const few = elder && buttons.length > FEW + 1 && spread !== id;
  const shown = (few ? buttons.slice(0, FEW) : buttons).map((button) => ({
    key: button.token, mark: `${button.label}${button.action}${busy}`, make: () => quick(button, { press, busy }),
  }));
  const head = live && live.case && !isLast ? [about(live.case)] : [];
  keep(row, [...head, ...shown, ...(few ? [more(id, redraw)] : [])]);
  row.hidden = buttons.length === 0;
  if (had && !row.contains(document.activeElement)) (row.hidden ? $("log") : row).focus();
}

const WHY = { 1: "chat.place_denied", 2: "chat.place_unknown", 3: "chat.place_slow" };

/** Asks the device where it is, once; `found(coords)` or `failed(words)` with a way out. */
export function locate({ found, failed }) {
  if (!navigator.geolocation || !window.isSecureContext) return failed(t("chat.place_unknown"));
  const button = $("place");
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  announce(t("chat.place_asking"));
  const done = (then) => (what) => {
    button.removeAttribute("aria-busy");
    button.disabled = false;
    then(what);
  };
  navigator.geolocation.getCurrentPosition(
    done(({ coords }) => found(coords)),
    done((error) => failed(t(WHY[error.code] || WHY[2]))),
    { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
  );
}
