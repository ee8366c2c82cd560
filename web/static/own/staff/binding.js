// One's own chats at the staff's bot: a link for ten minutes as text and as a QR code, what is bound, and its end.
import { $, announce, h, t } from "../lib/dom.js";
import { open } from "../lib/sheet.js";
import { clock, stamp } from "../lib/time.js";
import * as api from "./api.js";
import { now } from "./words.js";

const LOOK = 2500; // how often the open sheet asks whether the link was followed
let chats = [];
let link = null; // the last answer of POST binding, until it is used or over
let timer = 0;

/** Shows the way in from the menu, where there is a bot. */
export async function offer() {
  const answer = await api.binding().catch(() => null);
  $("bind-open").hidden = !answer || !answer.bot;
  if (!answer) return;
  chats = answer.chats;
  $("bind-count").textContent = chats.length ? t("staff.bind.count", { n: chats.length }) : t("staff.bind.none");
}

export function show() {
  link = null;
  draw();
  open($("bind"));
  if (!chats.length) make();
  clearInterval(timer);
  timer = setInterval(look, LOOK);
}

function draw(wrong = "") {
  $("bind-chats").replaceChildren(...chats.map(row));
  $("bind-chats").hidden = !chats.length;
  $("bind-link").replaceChildren(...(link ? linkParts() : [makeButton()]));
  $("bind-wrong").textContent = wrong;
}

function makeButton() {
  return h("button", { type: "button", class: chats.length ? "button wide" : "button next wide", onclick: make },
    chats.length ? t("staff.bind.again") : t("staff.bind.make"));
}

function linkParts() {
  return [
    h("p", { class: "bind-scan" }, t("staff.bind.scan")),
    h("div", { class: "bind-qr", "aria-hidden": "true" }, picture(link.qr_svg)),
    h("a", { class: "button next wide", href: link.url, target: "_blank", rel: "noopener noreferrer" }, t("staff.bind.follow")),
    h("p", { class: "soft bind-url" }, link.url),
    h("p", { class: "soft" }, t("staff.bind.until", { time: clock(link.expires_at) })),
  ];
}

const picture = (svg) => document.importNode(new DOMParser().parseFromString(svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"'), "image/svg+xml").documentElement, true);

/** A chat; the second press on its button is the one that counts. */
function row(chat) {
  const button = h("button", { type: "button", class: "button", onclick: press }, t("staff.bind.remove"));
  function press() {
    if (button.classList.contains("danger")) return remove(chat, button);
    button.classList.add("danger");
    button.textContent = t("staff.bind.sure");
    return undefined;
  }
  return h("li", { class: "bind-chat" },
    h("div", {},
      h("p", {}, t("staff.bind.channel")),
      h("p", { class: "soft" }, t("staff.bind.since", { time: stamp(chat.since, now()) })),
      !chat.reachable && h("p", { class: "wrong" }, t("staff.bind.lost"))),
    button);
}

async function make() {
  try {
    link = await api.bindingLink();
    draw();
  } catch (error) {
    draw(error.message);
  }
}

async function remove(chat, button) {
  button.disabled = true;
  try {
    await api.unbind(chat.channel, chat.address);
    announce(t("staff.bind.removed"));
    await offer();
    draw();
    $("bind-link").querySelector("button, a").focus();
  } catch (error) {
    draw(error.message);
  }
}

/** While the sheet is open: was the link followed, or is it over? */
async function look() {
  if (!$("bind").open) return clearInterval(timer);
  if (link && Date.parse(link.expires_at) < now()) {
    link = null;
    return draw(t("staff.bind.over"));
  }
  if (!link) return undefined;
  const before = chats.length;
  await offer();
  if (chats.length <= before || !$("bind").open) return undefined;
  link = null;
  draw();
  return announce(t("staff.bind.done"));
}

/** Signed out: the next person must not see them. */
export function forget() {
  clearInterval(timer);
  link = null;
  chats = [];
  $("bind-open").hidden = true;
  for (const id of ["bind-chats", "bind-link"]) $(id).replaceChildren();
}
