// Around the conversation: the place, large type, the language, the open case, the menu and the lookup code.
import { $, h, icon, keep, page, refill, t } from "../lib/dom.js";
import { close, open, wire } from "../lib/sheet.js";
import { install } from "./installed.js";
import { apply, chosen, remembered } from "./looks.js";

const OVER = new Set(["closed", "rejected", "withdrawn"]);

export const isElder = () => document.documentElement.classList.contains("elder");

function look() {
  const { size, theme } = chosen();
  apply({ size, theme });
  $("elder").setAttribute("aria-pressed", String(size !== "0"));
  for (const [name, value] of [["size", size], ["theme", theme]]) {
    document.querySelectorAll(`input[name="${name}"]`).forEach((input) => { input.checked = input.value === value; });
  }
}

/** The server says how it speaks: the page follows where it was not chosen here, or was changed by words. */
export function follow(large) {
  if (large === isElder()) return false;
  remembered("size", large ? "1" : "0");
  look();
  return true;
}

function looks(sized) {
  look();
  const change = (name, value) => {
    const elder = isElder();
    remembered(name, value);
    look();
    sized(elder !== isElder());
  };
  $("elder").addEventListener("click", () => change("size", isElder() ? "0" : "1"));
  document.querySelectorAll("#looks input").forEach((input) => input.addEventListener("change", () => change(input.name, input.value)));
}

/** The same page in another language; the server keeps it with the conversation. */
export function speak(locale) {
  remembered("tongue", locale);
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
  const chosen = remembered("tongue");
  return chosen && chosen !== page.locale && !new URLSearchParams(location.search).has("lang") ? chosen : null;
}

/** What an entry of the menu does, by the attribute it carries. */
const ENTRIES = (say) => ({
  say: (button) => say(button.dataset.say),
  lookup: () => open($("lookup")),
  looks: () => open($("looks")),
  print: () => window.print(),
  install,
});

function menu(say) {
  for (const [name, act] of Object.entries(ENTRIES(say))) {
    document.querySelectorAll(`[data-${name}]`).forEach((button) => button.addEventListener("click", () => {
      close($("menu"));
      act(button);
    }));
  }
}

/** Wires header, menu and lookup. `say(text)` sends words, `sized(changed)` follows the type size and elder mode. */
export function begin({ say, sized, language }) {
  looks(sized);
  $("language").addEventListener("change", () => language($("language").value));
  $("menu-open").addEventListener("click", () => open($("menu")));
  document.querySelectorAll("dialog").forEach(wire);
  menu(say);
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
  refill(
    strip,
    h("b", { class: "num" }, first.number),
    h("span", { class: "strip-status" }, first.status_text),
    h("span", { class: "num strip-due" }, due(first, "chat.by")),
    going.length > 1 ? h("span", { class: "strip-more num" }, t("chat.more_cases", { n: going.length })) : "",
    icon("next"),
  );
  strip.onclick = () => say("/my");
}
