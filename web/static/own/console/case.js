// One case: drawn by the staff page's own modules, with what only the console has room for.
import { $, announce, h, page, t } from "../lib/dom.js";
import { listen } from "../lib/live.js";
import { wire } from "../lib/sheet.js";
import { stamp } from "../lib/time.js";
import * as api from "../staff/api.js";
import { drawCase, facts } from "../staff/case.js";
import { stepRows } from "../staff/list.js";
import { taking } from "../staff/taking.js";
import { show } from "../staff/step.js";
import { due, now, setNow, tick } from "../staff/words.js";
import { toast } from "./console.js";

const number = $("case").dataset.number;
const LIST = "/console/cases";
let open = null;
let near = null; // what lies close and tells of the same, once it is asked for

/* ---- where one came from: the list as it was */

const from = new URL(document.referrer || LIST, location.origin);
if (from.origin === location.origin && from.pathname === LIST) sessionStorage.setItem("cases", from.search);
const back = LIST + (sessionStorage.getItem("cases") ?? "");

/* ---- what stands beside the staff page's own facts */

const at = (other) => `${LIST}/${encodeURIComponent(other)}`;

function map() {
  const drawn = $("map");
  return drawn ? drawn.content.cloneNode(true) : "";
}

/** Each of the three: until when, and what is left of it or when it was done. */
function clocks(it) {
  const row = (name, until, done, what) => [name, until ? h("span", { class: "num" }, stamp(until, now()), h("br"),
    done ? h("span", { class: "soft" }, t("console.live.case_done", { at: stamp(done, now()) }))
      : it.paused_at ? h("span", { class: "soft" }, t("console.live.case_paused", { at: stamp(it.paused_at, now()) }))
        : due({ next_due: until, next_due_text: what })) : null];
  return [
    row(t("staff.sign_due"), it.sign_due_at, it.signed_at, t("staff.sign_due")),
    row(t("staff.contact_due"), it.contact_due_at, it.contacted_at, t("staff.contact_due")),
    row(t("staff.due"), it.due_at, it.resolved_at, t("staff.due")),
  ];
}

/** Which version said what it is about; a fingerprint where none has that name. */
function model({ prediction }) {
  if (!prediction) return "";
  const { version, model: fingerprint } = prediction;
  return h("p", { class: "soft case-model" },
    version ? t("console.live.case_model", { version }) : t("console.live.case_model_unnamed", { fingerprint }));
}

function alike() {
  if (!near || !near.length) return "";
  return h("section", { class: "facts" }, h("h3", { class: "part" }, t("console.live.case_alike")),
    h("ul", { class: "rows" }, near.map((one) => h("li", {}, h("a", { class: "row alike", href: at(one.number) },
      h("span", {}, h("b", { class: "num" }, one.number), " ", h("span", { class: "soft" }, [one.status_text, one.place].filter(Boolean).join(" · ")), h("br"), one.text))))));
}

const adds = (it) => ({ place: map(), category: model(it), clocks: clocks(it), end: alike() });

/* ---- drawing and steps */

const acts = {
  back, at, adds,
  step: (step, button) => begin(step, open.case, button),
  more: (steps) => show(t("staff.more"), number, stepRows(steps, (step) => {
    $("step").close();
    begin(step, open.case);
  })),
};

function adopt(latest, notice = "") {
  setNow(latest.now);
  open = latest;
  const held = document.activeElement?.closest("#case")?.id;
  drawCase(latest, notice, acts);
  tick();
  $("case").removeAttribute("aria-busy");
  if (held) $("case-name").focus({ preventScroll: true });
}

const begin = taking({
  say: toast,
  taken(step, latest) {
    announce(t("staff.done", { step: step.label, number }));
    toast(t("staff.done", { step: step.label, number }));
    adopt(latest);
  },
  faster(error) {
    announce(error.message);
    if (error.latest) adopt(error.latest, error.message);
    else location.reload(); // not theirs any more: the page says so
  },
});

async function load() {
  const before = open?.case.version;
  const latest = await api.story(number);
  if ($("step").open || $("large").open || latest.case.version === before) return false;
  adopt(latest);
  return true;
}

async function refresh() {
  try {
    return await load();
  } catch (error) {
    if (error instanceof api.Refused && error.status === 404) location.reload();
    else if (!open) $("case").replaceChildren(h("p", { class: "empty", role: "alert" }, error.message));
    return false;
  }
}

async function arrive() {
  await api.learnNames().catch(() => undefined);
  await refresh();
  near = (await api.alike(number).catch(() => ({ cases: [] }))).cases;
  if (near.length && open && !$("step").open) adopt(open);
}

api.begin(() => location.reload(), document.querySelector('meta[name="csrf"]').content);
document.querySelectorAll("dialog").forEach(wire);
listen({ url: () => "/api/staff/stream", event: "changed", heard: refresh, poll: refresh, fast: 15000 });
setInterval(tick, 20000);
document.title = `${number} · ${page.town}`;
arrive();
