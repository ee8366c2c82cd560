// What a text reads like with examples in its holes, while it is written.
import { $ } from "../lib/dom.js";

const examples = JSON.parse($("examples").dataset.examples);
const filled = (text) => text.replace(/\{(\w+)\}/g, (hole, name) => examples[name] ?? hole);

for (const form of document.querySelectorAll("[data-text]")) {
  const box = form.elements.text;
  const show = () => { form.querySelector("output").textContent = filled(box.value); };
  box.addEventListener("input", show);
  show();
}
