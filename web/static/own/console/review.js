// One key for each label, a list that narrows while one types, and looking again while the order is being found.
import { $ } from "../lib/dom.js";
import "./console.js";

const writes = (node) => node.matches?.("input, textarea, select");

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (writes(event.target) || document.querySelector("dialog[open]")) return;
  const pressed = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key.toLowerCase());
  if (!pressed || pressed.disabled) return;
  event.preventDefault();
  pressed.click();
});

const search = $("search");
if (search) {
  const rows = [...$("all").children].map((row) => [row, (row.textContent + row.firstElementChild.value).toLowerCase().replace(/\s+/g, "")]);
  // a label is found by its name and by its code, which often is the shorter word
  const narrow = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [row, text] of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    $("nothing").hidden = shown > 0;
  };
  search.addEventListener("input", narrow);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    event.preventDefault(); // Enter takes what is found first, and only when something was asked for
    if (search.value.trim()) rows.find(([row]) => !row.hidden)?.[0].querySelector("button").click();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open=another]")) search.focus();
  });
}

if ($("preparing")) setTimeout(() => location.reload(), 800);
