// Dialogs: a sheet from below on a phone, a card in the middle of a desk; and the large photo.
import { $, h, icon, refill, t, page } from "./dom.js";

/** Opens a dialog; a press outside or Escape closes it, and the browser gives the focus back. */
export function open(dialog) {
  if (dialog.showModal) return dialog.showModal();
  dialog.setAttribute("open", ""); // Safari before 15.4: the sheet lies over the page, and Escape is ours
  dialog.opener = document.activeElement;
  const first = dialog.querySelector("input, button");
  if (first) first.focus();
}

export function close(dialog) {
  if (dialog.close) return dialog.close();
  dialog.removeAttribute("open");
  if (dialog.opener) dialog.opener.focus();
}

/** Wires what every dialog in the page shares: its close buttons and the ground outside it. */
export function wire(dialog) {
  if (!dialog.showModal) dialog.addEventListener("keydown", (press) => press.key === "Escape" && close(dialog));
  dialog.addEventListener("click", (press) => {
    if (press.target === dialog || press.target.closest("[data-close]")) close(dialog);
  });
}

/** Shows photo `at` of `urls` large, with the arrows to its neighbours. */
export function enlarge(urls, at) {
  const dialog = $("large");
  const name = `${page.name}.photo_of`;
  function show(next) {
    at = (next + urls.length) % urls.length;
    const words = t(name, { n: at + 1, all: urls.length });
    const several = urls.length > 1;
    refill(
      dialog,
      h("img", { src: urls[at], alt: words }),
      h("div", { class: "large-bar" },
        several && h("button", { type: "button", class: "tool", "aria-label": t(`${page.name}.photo_before`), onclick: () => show(at - 1) }, icon("back")),
        h("span", { class: "num", role: "status" }, words),
        several && h("button", { type: "button", class: "tool", "aria-label": t(`${page.name}.photo_after`), onclick: () => show(at + 1) }, icon("next")),
        h("button", { type: "button", class: "tool", "data-close": true, "aria-label": t(`${page.name}.close`) }, icon("close"))),
    );
    dialog.querySelector("[data-close]").focus();
  }
  dialog.onkeydown = (press) => {
    if (press.key === "ArrowLeft") show(at - 1);
    if (press.key === "ArrowRight") show(at + 1);
  };
  refill(dialog);
  open(dialog);
  show(at);
}

/** A picture this browser cannot show still has its place. */
function unseen(failed) {
  const { alt, parentElement } = failed.target;
  parentElement.disabled = true;
  refill(parentElement, icon("photo"), h("span", {}, alt));
}

/** Small photos that open large. */
export function thumbs(urls) {
  return h("div", { class: urls.length > 1 ? "thumbs many" : "thumbs" }, urls.map((url, at) =>
    h("button", { type: "button", class: "thumb", onclick: () => enlarge(urls, at) },
      h("img", { src: url, loading: "lazy", onerror: unseen, alt: t(`${page.name}.photo_of`, { n: at + 1, all: urls.length }) }))));
}
