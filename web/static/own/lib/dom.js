// Building blocks of both pages: the page's own words, elements, and a list that keeps its nodes.

export const page = JSON.parse(document.getElementById("page").textContent);

/** A page string with its {holes} filled; the key itself where a catalogue lacks it. */
export function t(key, values = {}) {
  const text = page.texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (hole, name) => (name in values ? String(values[name]) : hole));
}

/** An element: `on…` are listeners, true stands for an empty attribute, null and false for none. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Puts `children` in place of what `node` held; browsers before 2020 have no replaceChildren. */
export function refill(node, ...children) {
  node.textContent = "";
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon of the sprite in the page, silent to screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Brings `parent` to these {key, mark, make} in order, remaking only what changed: focus and pictures stay. */
export function keep(parent, entries) {
  const wanted = new Set(entries.map((entry) => entry.key));
  const old = new Map();
  for (const node of [...parent.children]) {
    if (wanted.has(node.dataset.key)) old.set(node.dataset.key, node);
    else node.remove();
  }
  let at = parent.firstElementChild;
  for (const { key, mark, make } of entries) {
    const before = old.get(key);
    let node = before;
    if (!before || before.mark !== mark) {
      node = make();
      node.dataset.key = key;
      node.mark = mark;
      if (before) before.replaceWith(node);
      if (before === at) at = node;
    }
    if (node === at) at = at ? at.nextElementSibling : null;
    else parent.insertBefore(node, at);
  }
}

export const $ = (id) => document.getElementById(id);

/** A UUID also where the page came over plain http, which has no crypto.randomUUID. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Says it to a screen reader, politely. */
export function announce(text) {
  const line = h("p", {}, text);
  $("live").append(line);
  setTimeout(() => line.remove(), 10000);
}
