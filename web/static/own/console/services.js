// What a service will read like before it is kept, and letting one rest.
import { $ } from "../lib/dom.js";
import { fields, post, toast } from "./console.js";

const wrong = document.querySelector("#service-form .wrong");

$("preview")?.addEventListener("click", async () => {
  try {
    const { told } = await post("/console/services/preview", fields($("service-form")));
    for (const node of document.querySelectorAll("[data-told]")) node.textContent = told[node.dataset.told];
    wrong.textContent = "";
    document.querySelector(".service-told").scrollIntoView({ block: "nearest" });
  } catch (error) {
    wrong.textContent = error.message;
  }
});

$("rest")?.addEventListener("click", async ({ currentTarget: { dataset } }) => {
  if (dataset.ask && !confirm(dataset.ask)) return;
  try {
    location.assign((await post("/console/services/active", { code: dataset.code, active: dataset.active === "true" })).to);
  } catch (error) {
    toast(error.message);
  }
});
