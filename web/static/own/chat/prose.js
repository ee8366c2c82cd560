// A message's text as nodes: line breaks, **strong**, emergency numbers to call, links, and the lookup code to copy.
import { announce, h, icon, t } from "../lib/dom.js";

const PART = /\*\*(.+?)\*\*|(\b\d{4} \d{4} \d{4} \d{4}\b)|(https?:\/\/[^\s，。；）】〕]+)/gs;
const EMERGENCY = /\b(110|119|120|122)\b/; // split keeps the group

function strong(text) {
  return h("strong", {}, text.split(EMERGENCY).map((part, at) => (at % 2 ? h("a", { href: `tel:${part}` }, part) : part)));
}

function code(digits) {
  const copy = async () => {
    await navigator.clipboard.writeText(digits.replaceAll(" ", ""));
    announce(t("chat.copied"));
    button.replaceChildren(icon("done"), t("chat.copied"));
  };
  const button = h("button", { type: "button", class: "copy", onclick: copy }, icon("copy"), t("chat.copy"));
  return h("span", { class: "code num" }, h("b", {}, digits), navigator.clipboard && button);
}

function link(url) {
  const same = url.startsWith(location.origin);
  return h("a", { href: url, target: "_blank", rel: same ? "noopener" : "noopener noreferrer" }, url);
}

export function prose(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(PART)) {
    nodes.push(text.slice(at, found.index));
    nodes.push(found[1] ? strong(found[1]) : found[2] ? code(found[2]) : link(found[3]));
    at = found.index + found[0].length;
  }
  return [...nodes, text.slice(at)].filter((node) => node !== "");
}

/** The same text for a screen reader. */
export const plain = (text) => text.replaceAll("**", "");
