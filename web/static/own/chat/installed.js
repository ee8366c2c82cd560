// The page as something one has: kept by a service worker, put on the home screen, sending in the background.
import { $ } from "../lib/dom.js";

let offered = null; // the browser's own question, kept until somebody presses our button

/** Where a new version has come and nothing would be lost by it, the page becomes new while nobody looks. */
function renew(untouched) {
  let first = !navigator.serviceWorker.controller;
  let ready = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    ready = !first;
    first = false;
  });
  document.addEventListener("visibilitychange", () => {
    if (ready && document.hidden && untouched()) location.reload();
  });
}

/** Begins after the page is of use. `untouched()` says whether nothing is typed or open, `sent()` that something left. */
export function begin({ untouched, sent }) {
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offered = event;
    document.querySelectorAll("[data-install]").forEach((button) => { button.parentElement.hidden = false; });
  });
  if (!navigator.serviceWorker || !window.isSecureContext) return;
  renew(untouched);
  navigator.serviceWorker.addEventListener("message", (news) => news.data === "sent" && sent());
  const register = () => navigator.serviceWorker.register("/sw.js").catch(() => undefined);
  if (document.readyState === "complete") register();
  else window.addEventListener("load", register);
}

export function install() {
  if (!offered) return;
  offered.prompt();
  offered = null;
  document.querySelectorAll("[data-install]").forEach((button) => { button.parentElement.hidden = true; });
  $("box").focus();
}

/** What waits is sent when the network is back, also where the page is closed by then. */
export async function later() {
  try {
    const registration = await navigator.serviceWorker.ready;
    await registration.sync.register("outbox");
  } catch {
    // no such thing in this browser: it is sent when the page is opened again
  }
}
