// What a text reads like with examples in its holes, while it is written.
import { $ } from "../lib/dom.js";

const examples = JSON.parse($("examples").dataset.examples);
const filled = (text, locale) => text.replace(/\{(\w+)\}/g, (hole, name) => examples[locale][name] ?? hole);

for (const form of document.querySelectorAll("[data-text]")) {
  const box = form.elements.text;
  const show = () => { form.querySelector("output").textContent = filled(box.value, box.lang); };
  box.addEventListener("input", show);
  show();
}
