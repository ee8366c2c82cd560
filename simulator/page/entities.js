// A text with its entities, whose offsets are UTF-16 units as JavaScript's are.
import { make } from "./api.js";

const TAGS = { bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre", blockquote: "blockquote", expandable_blockquote: "blockquote" };

export function rich(text, entities = []) {
  const part = document.createDocumentFragment();
  fill(part, text, 0, text.length, entities);
  return part;
}

function fill(into, text, start, end, entities) {
  let at = start;
  for (let i = 0; i < entities.length; i++) {
    const { offset, length } = entities[i];
    if (offset < at || offset + length > end) continue;
    into.append(text.slice(at, offset));
    const inside = entities.slice(i + 1).filter((e) => e.offset >= offset && e.offset + e.length <= offset + length);
    const piece = wrap(entities[i], text.slice(offset, offset + length));
    fill(piece, text, offset, offset + length, inside);
    into.append(piece);
    at = offset + length;
  }
  into.append(text.slice(at, end));
}

function wrap(entity, text) {
  if (TAGS[entity.type]) return make(TAGS[entity.type]);
  if (entity.type === "spoiler") return make("span", { className: "spoiler", tabIndex: 0 });
  if (entity.type === "text_link" || entity.type === "url") {
    const href = entity.url ?? (/^https?:/i.test(text) ? text : `http://${text}`);
    return make("a", { href: /^(https?|tg):/i.test(href) ? href : "#", target: "_blank", rel: "noopener noreferrer" });
  }
  return make("span");
}
