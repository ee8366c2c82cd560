// Voice messages: nothing is fetched before somebody listens.
import { h } from "./dom.js";

/** One player for each address. */
export function players(urls) {
  return h("div", { class: "voices" }, urls.map((url) => h("audio", { controls: true, preload: "none", src: url })));
}
