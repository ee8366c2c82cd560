// The dashboard drills down in place: the address changes, the parts are drawn anew, Back leads up again.
import { $ } from "../lib/dom.js";
import { redraw } from "./console.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

async function show(address) {
  await redraw(address);
  $("board-here")?.focus({ preventScroll: true });
  if (!still.matches) $("board-map").animate([{ opacity: 0.4 }, { opacity: 1 }], 120);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-drill]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const address = new URL(link.getAttribute("href"), location.href).href;
  if (address !== location.href) history.pushState(null, "", address);
  show(address);
});

addEventListener("popstate", () => show(location.href));
