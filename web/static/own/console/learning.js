// The bar of a training as it goes, in every admin's window; what else changes about versions is drawn anew at once.
import { $, t } from "../lib/dom.js";
import { redraw } from "./console.js";

let known = null; // what the last news was about

function show(training) {
  const percent = Math.round(training.fraction * 100);
  $("progress").value = percent;
  $("percent").textContent = `${percent}%`;
  $("stage").textContent = t(`console.live.learning.${training.stage}`);
}

function heard(news) {
  const training = JSON.parse(news.data);
  const mark = training.version ?? training.mark;
  const bar = $("training");
  if (bar && bar.dataset.version === training.version) show(training);
  else if (bar || (known !== null && known !== mark)) redraw();
  else if (training.version && $("train")) redraw(); // begun elsewhere, between this page and its stream
  known = mark;
}

let source = null;
function open() {
  source ??= new EventSource("/console/learning/stream");
  source.addEventListener("training", heard);
}
window.addEventListener("pagehide", () => { source?.close(); source = null; });
window.addEventListener("pageshow", () => { if (!source) open(); });
open();
