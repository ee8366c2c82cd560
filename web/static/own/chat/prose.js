// A message's text as nodes: line breaks, **strong**, emergency numbers to call, links, and a row to copy the lookup code.
import { announce, h, icon, refill, t } from "../lib/dom.js";

const PART = /\*\*(.+?)\*\*|(\b\d{4} \d{4} \d{4} \d{4}\b)|(https?:\/\/[^\s，。；）】〕]+)/gs;
const CODE = /\b\d{4} \d{4} \d{4} \d{4}\b/;
const EMERGENCY = /\b(110|119|120|122)\b/; // split keeps the group

function strong(text) {
  return h("strong", {}, text.split(EMERGENCY).map((part, at) => (at % 2 ? h("a", { href: `tel:${part}` }, part) : part)));
}

/** A row to copy the lookup code `text` tells, or null: people lose what they have to write down. */
export function copyRow(text) {
  const found = CODE.exec(text);
  if (!found || !navigator.clipboard) return null;
  const copy = async () => {
    await navigator.clipboard.writeText(found[0].replace(/ /g, ""));
    announce(t("chat.copied"));
    refill(button, icon("done"), t("chat.copied"));
  };
  const button = h("button", { type: "button", class: "copy", onclick: copy }, icon("copy"), t("chat.copy"));
  return button;
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
    nodes.push(found[1] ? strong(found[1]) : found[2] ? h("b", { class: "code num" }, found[2]) : link(found[3]));
    at = found.index + found[0].length;
  }
  return [...nodes, text.slice(at)].filter((node) => node !== "");
}

/** The same text for a screen reader. */
export const plain = (text) => text.replace(/\*\*/g, "");
