// Voice messages: nothing is fetched before somebody listens.
import { h, page, t } from "./dom.js";

/** One player for each address. */
export function players(urls) {
  return h("div", { class: "voices" }, urls.map((url, at) =>
    h("audio", { controls: true, preload: "none", src: url, "aria-label": t(`${page.name}.voice_of`, { n: at + 1, all: urls.length }) })));
}
