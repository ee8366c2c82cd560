// The second factor: its key is drawn once, a code of it is shown, and ten recovery codes are told once.
import { $, h } from "../lib/dom.js";
import { fields, post, redraw } from "./console.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("#set-up");
  if (!button) return;
  $("factor-wrong").textContent = "";
  button.disabled = true;
  try {
    const { key, qr } = await post("/console/security/factor");
    const drawn = new DOMParser().parseFromString(qr, "text/html").querySelector("svg");
    $("qr").replaceChildren(document.importNode(drawn, true));
    $("key").textContent = key;
    $("begin").showModal();
  } catch (error) {
    $("factor-wrong").textContent = error.message;
  } finally {
    button.disabled = false;
  }
});

$("confirm").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const wrong = form.querySelector(".wrong");
  wrong.textContent = "";
  try {
    const { codes } = await post("/console/security/factor/confirm", fields(form));
    $("begin").close();
    $("code-rows").replaceChildren(...codes.map((code) => h("li", {}, code)));
    $("codes").showModal();
  } catch (error) {
    wrong.textContent = error.message;
    form.code.select();
  }
});

$("begin").addEventListener("close", () => {
  $("qr").replaceChildren();
  $("key").textContent = "";
  $("confirm").reset();
});
$("codes").addEventListener("close", () => {
  $("code-rows").replaceChildren();
  redraw();
});
