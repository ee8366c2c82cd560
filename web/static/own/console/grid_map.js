// The map of grids: pan and zoom, and points that move; neighbours' points at the same spot move along.
import { $, h, t } from "../lib/dom.js";
import { send, toast } from "./console.js";

const data = JSON.parse($("map-data").textContent);
const svg = $("map");
const WIDTH = 1000;
const DIGITS = 6; // of a degree: a tenth of a metre
const whole = [0, 0, WIDTH, data.height];
let view = [...whole];

// Rings without their closing point; `cells` is what is drawn, `kept` what the server has.
const open = (rings) => rings.map((ring) => ring.slice(0, -1).map((point) => [...point]));
const cells = Object.fromEntries(Object.entries(data.cells).map(([code, cell]) => [code, open(cell.rings)]));
let kept = copy(cells);
let chosen = "";
let held = null; // [ring, point] under the finger
let grip = null; // the point under the keyboard
const undos = [];

function copy(value) { return JSON.parse(JSON.stringify(value)); }
const same = (a, b) => a[0] === b[0] && a[1] === b[1];
const round = (value) => Number(value.toFixed(DIGITS));
const toX = (lon) => (lon - data.west) * data.across;
const toY = (lat) => (data.north - lat) * data.down;
const changed = () => Object.keys(cells).filter((code) => JSON.stringify(cells[code]) !== JSON.stringify(kept[code]));

/* ---- drawing ---- */

const unit = () => view[2] / Math.max(svg.clientWidth, 1); // of the picture, for one pixel

function draw() {
  const moved = new Set(changed());
  for (const path of svg.querySelectorAll(".area")) {
    const { code } = path.dataset;
    path.setAttribute("d", cells[code].map((ring) => `M${ring.map(([lon, lat]) => `${toX(lon).toFixed(2)} ${toY(lat).toFixed(2)}`).join("L")}Z`).join(""));
    path.classList.toggle("chosen", code === chosen);
    path.classList.toggle("moved", moved.has(code) && code !== chosen);
  }
  if ($("save")) {
    $("save").disabled = moved.size === 0;
    $("undo").disabled = undos.length === 0;
  }
}

function look() {
  svg.setAttribute("viewBox", view.join(" "));
  for (const name of svg.querySelectorAll(".area-name")) name.setAttribute("font-size", 12 * unit());
  for (const dot of svg.querySelectorAll(".spot")) dot.setAttribute("r", 2 * unit());
  handles();
}

const each = (code) => (cells[code] ?? []).flatMap((ring, r) => ring.map((point, p) => ({ ring, r, p, point })));
const told = (n, [lon, lat]) => t("console.live.tables_point", { n: n + 1, lon, lat });

function handles() {
  const size = (matchMedia("(pointer: coarse)").matches ? 14 : 7) * unit();
  const nodes = data.editable ? each(chosen).map(({ r, p, point }, n) => {
    const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    const parts = { class: "vertex", cx: toX(point[0]), cy: toY(point[1]), r: size, tabindex: 0, role: "button", "data-r": r, "data-p": p, "aria-label": told(n, point) };
    for (const [name, value] of Object.entries(parts)) dot.setAttribute(name, value);
    return dot;
  }) : [];
  $("vertices").replaceChildren(...nodes);
  if (grip) svg.querySelector(`.vertex[data-r="${grip[0]}"][data-p="${grip[1]}"]`)?.focus();
}

function numbers() {
  $("points-box").hidden = !chosen;
  const rows = each(chosen).map(({ r, p, point }, n) => h("tr", {},
    h("td", { class: "num" }, String(n + 1)),
    ...[0, 1].map((axis) => h("td", {}, h("input", {
      class: "input num", inputmode: "decimal", value: String(point[axis]), "data-r": r, "data-p": p, "data-axis": axis, readonly: !data.editable,
      "aria-label": t(axis ? "console.live.tables_lat" : "console.live.tables_lon", { n: n + 1 }),
    }))),
    h("td", {}, data.editable && [
      h("button", { class: "button", type: "button", "data-add": `${r} ${p}`, "aria-label": `${t("console.live.tables_add")} ${n + 1}` }, "＋"), " ",
      h("button", { class: "button", type: "button", "data-remove": `${r} ${p}`, "aria-label": `${t("console.live.tables_remove")} ${n + 1}` }, "－"),
    ])));
  $("points").replaceChildren(...rows);
}

function all() { draw(); handles(); numbers(); }

/* ---- changing ---- */

function remember() {
  undos.push(copy(cells));
  if (undos.length > 100) undos.shift();
}

/** Every outline with a point there follows, so that borders stay shared. */
function move(from, to) {
  for (const rings of Object.values(cells)) for (const ring of rings) for (const point of ring) if (same(point, from)) [point[0], point[1]] = to;
}

function add(r, p) {
  const ring = cells[chosen][r];
  const [a, b] = [[...ring[p]], [...ring[(p + 1) % ring.length]]];
  const middle = [round((a[0] + b[0]) / 2), round((a[1] + b[1]) / 2)];
  remember();
  for (const rings of Object.values(cells)) for (const one of rings) {
    for (let n = 0; n < one.length; n += 1) {
      const next = one[(n + 1) % one.length];
      if ((same(one[n], a) && same(next, b)) || (same(one[n], b) && same(next, a))) { one.splice(n + 1, 0, [...middle]); break; }
    }
  }
  grip = [r, p + 1];
  all();
  check();
}

function remove(r, p) {
  const gone = [...cells[chosen][r][p]];
  const rings = Object.values(cells).flat().filter((ring) => ring.some((point) => same(point, gone)));
  if (rings.some((ring) => ring.length <= 3)) return; // three points are the least
  remember();
  for (const ring of rings) ring.splice(ring.findIndex((point) => same(point, gone)), 1);
  grip = [r, Math.max(p - 1, 0)];
  all();
  check();
}

/* ---- the server's word ---- */

const body = () => ({
  version: data.version,
  outlines: Object.fromEntries(changed().map((code) => [code, cells[code].map((ring) => [...ring, ring[0]])])),
});
let waiting = 0;
let asked = 0;

function check() {
  clearTimeout(waiting);
  $("state").textContent = t("console.live.tables_checking");
  waiting = setTimeout(async () => {
    asked += 1;
    const mine = asked;
    const { ok, said } = await send("/console/tables/map/check", body());
    if (mine !== asked) return; // drawn on meanwhile
    const wrong = ok ? said.problems : [said?.error?.message ?? t("console.live.failed")];
    $("map-wrong").textContent = wrong.join("\n");
    $("state").textContent = [ok && t("console.live.tables_changed", { n: said.changed }), !wrong.length && t("console.live.tables_sound")].filter(Boolean).join(" ");
    if ($("save")) $("save").disabled = wrong.length > 0 || changed().length === 0;
  }, 300);
}

async function save() {
  $("save").disabled = true;
  const { ok, said } = await send("/console/tables/map", body());
  if (!ok) {
    $("map-wrong").textContent = said?.error?.message ?? t("console.live.failed");
    return;
  }
  toast(said.said);
  location.reload();
}

/* ---- hands and keys ---- */

function choose(code) {
  chosen = code in cells ? code : "";
  grip = null;
  $("choose").value = chosen;
  $("state").textContent = chosen ? data.cells[chosen].name : "";
  all();
}

function at(event) {
  const box = svg.getBoundingClientRect();
  const scale = Math.max(view[2] / box.width, view[3] / box.height); // the picture is fitted, in the middle
  const x = view[0] + view[2] / 2 + (event.clientX - box.left - box.width / 2) * scale;
  const y = view[1] + view[3] / 2 + (event.clientY - box.top - box.height / 2) * scale;
  return [x, y, scale];
}

svg.addEventListener("pointerdown", (event) => {
  svg.setPointerCapture(event.pointerId);
  const dot = event.target.closest(".vertex");
  if (dot) {
    remember();
    grip = [Number(dot.dataset.r), Number(dot.dataset.p)];
    held = { point: grip };
  } else {
    held = { from: [event.clientX, event.clientY], view: [...view], code: event.target.dataset?.code, still: true };
  }
});

svg.addEventListener("pointermove", (event) => {
  if (!held) return;
  const [x, y, scale] = at(event);
  if (held.point) {
    const [r, p] = held.point;
    move([...cells[chosen][r][p]], [round(data.west + x / data.across), round(data.north - y / data.down)]);
    held.moved = true;
    draw();
    handles();
    return;
  }
  const [dx, dy] = [event.clientX - held.from[0], event.clientY - held.from[1]];
  if (Math.hypot(dx, dy) > 4) held.still = false;
  if (!held.still) {
    view = [held.view[0] - dx * scale, held.view[1] - dy * scale, view[2], view[3]];
    svg.setAttribute("viewBox", view.join(" "));
  }
});

svg.addEventListener("pointerup", () => {
  if (held?.point && held.moved) { numbers(); check(); }
  else if (held?.point) undos.pop();
  else if (held?.still && held.code) choose(held.code);
  held = null;
});

function zoom(factor, [x, y] = [view[0] + view[2] / 2, view[1] + view[3] / 2]) {
  if (factor === 0) view = [...whole];
  else {
    const wide = Math.min(Math.max(view[2] * factor, WIDTH / 200), WIDTH * 2) / view[2];
    view = [x - (x - view[0]) * wide, y - (y - view[1]) * wide, view[2] * wide, view[3] * wide];
  }
  look();
}

svg.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, at(event));
}, { passive: false });

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

svg.addEventListener("keydown", (event) => {
  const dot = event.target.closest(".vertex");
  if (!dot) return;
  const [r, p] = [Number(dot.dataset.r), Number(dot.dataset.p)];
  if (event.key in ARROWS) {
    const step = (event.shiftKey ? 10 : 1) * unit();
    const [lon, lat] = cells[chosen][r][p];
    remember();
    move([lon, lat], [round(lon + (ARROWS[event.key][0] * step) / data.across), round(lat + (ARROWS[event.key][1] * step) / data.down)]);
    grip = [r, p];
    all();
    check();
  } else if (event.key === "Insert" || event.key === "+") add(r, p);
  else if (event.key === "Delete") remove(r, p);
  else return;
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { zoom: factor, add: more, remove: less } = button.dataset;
  if (factor !== undefined) zoom(Number(factor));
  if (more) add(...more.split(" ").map(Number));
  if (less) remove(...less.split(" ").map(Number));
  if (button.id === "save") save();
  if (button.id === "undo" && undos.length) {
    Object.assign(cells, undos.pop());
    grip = null;
    all();
    check();
  }
});

document.addEventListener("change", (event) => {
  if (event.target.id === "choose") choose(event.target.value);
  const { r, p, axis } = event.target.dataset;
  const value = Number(event.target.value);
  if (axis === undefined || !Number.isFinite(value) || !event.target.value.trim()) return;
  const from = [...cells[chosen][Number(r)][Number(p)]];
  const to = [...from];
  to[Number(axis)] = round(value);
  remember();
  move(from, to);
  draw();
  handles();
  check();
});

addEventListener("beforeunload", (event) => { if (changed().length && $("save") && !$("save").disabled) event.preventDefault(); });
addEventListener("resize", look);
look();
draw();
