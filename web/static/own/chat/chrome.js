// Around the conversation: the place, large type, the language, the open case, the menu and the lookup code.
import { $, h, icon, keep, page, t } from "../lib/dom.js";
import { close, open, wire } from "../lib/sheet.js";

const ELDER = "fengqiao-elder";
const TONGUE = "fengqiao-locale";
const OVER = new Set(["closed", "rejected", "withdrawn"]);

function remembered(name, value) {
  try {
    if (value !== undefined) localStorage.setItem(name, value);
    return localStorage.getItem(name);
  } catch {
    return value;
  }
}

export const isElder = () => document.documentElement.classList.contains("elder");

function setElder(on) {
  document.documentElement.classList.toggle("elder", on);
  $("elder").setAttribute("aria-pressed", String(on));
}

/** The same page in another language; the server keeps it with the conversation. */
export function speak(locale) {
  remembered(TONGUE, locale);
  const url = new URL(location.href);
  url.searchParams.set("lang", locale);
  location.replace(url);
}

const DIGITS = 16;
const grouped = (text) => text.replace(/\D/g, "").slice(0, DIGITS).replace(/(.{4})(?=.)/g, "$1 ");

function lookup(say) {
  const input = $("code");
  input.addEventListener("input", () => {
    input.value = grouped(input.value);
    input.removeAttribute("aria-invalid");
    $("code-wrong").hidden = true;
  });
  $("lookup-form").addEventListener("submit", (sent) => {
    sent.preventDefault();
    const whole = input.value.replace(/\D/g, "").length === DIGITS;
    $("code-wrong").hidden = whole;
    if (!whole) {
      input.setAttribute("aria-invalid", "true");
      return input.focus();
    }
    close($("lookup"));
    say(grouped(input.value));
    input.value = "";
  });
}

/** The language somebody chose on this device, on a page that came in another; null where there is nothing to do. */
export function otherTongue() {
  const chosen = remembered(TONGUE);
  return chosen && chosen !== page.locale && !new URLSearchParams(location.search).has("lang") ? chosen : null;
}

/** Wires header, menu and lookup. `say(text)` sends words, `sized()` follows a change of type size. */
export function begin({ say, sized, language }) {
  setElder(remembered(ELDER) === "1");
  $("elder").addEventListener("click", () => {
    setElder(!isElder());
    remembered(ELDER, isElder() ? "1" : "0");
    sized();
  });
  $("language").addEventListener("change", () => language($("language").value));
  $("menu-open").addEventListener("click", () => open($("menu")));
  document.querySelectorAll("dialog").forEach(wire);
  document.querySelectorAll("[data-say]").forEach((button) => button.addEventListener("click", () => {
    close($("menu"));
    say(button.dataset.say);
  }));
  document.querySelectorAll("[data-lookup]").forEach((button) => button.addEventListener("click", () => {
    close($("menu"));
    open($("lookup"));
  }));
  lookup(say);
  if (window.visualViewport) window.visualViewport.addEventListener("resize", fit);
}

function fit() {
  const { height, scale } = window.visualViewport;
  if (scale === 1) document.documentElement.style.setProperty("--seen", `${height}px`);
}

export function showPlace(place) {
  $("where").textContent = place ? place.name : page.town;
}

const due = (it, key) => (it.due_text ? t(key, { due: it.due_text }) : "");

function caseButton(it, say) {
  const words = [h("b", { class: "num" }, it.number), h("span", {}, it.status_text), h("span", { class: "num soft" }, due(it, "chat.due"))];
  return h("li", {}, h("button", { type: "button", class: "case", onclick: () => say("/my") }, words));
}

/** The open case nearest its deadline in the strip, and all of them in the column of a wide screen. */
export function showCases(cases, say) {
  const going = cases.filter((it) => !OVER.has(it.status));
  going.sort((a, b) => (a.due || "9").localeCompare(b.due || "9"));
  const strip = $("strip");
  strip.hidden = going.length === 0;
  $("rail-cases").hidden = going.length === 0;
  keep($("rail-list"), going.map((it) => ({ key: it.number, mark: JSON.stringify(it), make: () => caseButton(it, say) })));
  if (!going.length) return;
  const [first] = going;
  strip.replaceChildren(
    h("b", { class: "num" }, first.number),
    h("span", { class: "strip-status" }, first.status_text),
    h("span", { class: "num strip-due" }, due(first, "chat.by")),
    going.length > 1 ? h("span", { class: "strip-more num" }, t("chat.more_cases", { n: going.length })) : "",
    icon("next"),
  );
  strip.onclick = () => say("/my");
}
