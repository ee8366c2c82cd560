// Taking a step: some by one press, all others through their sheet; both pages with a case do it so.
import * as api from "./api.js";
import { ask, take } from "./step.js";

const DIRECT = new Set(["sign", "co_sign", "hang_up"]); // done by one press; everything else is looked at first

export const isDirect = (name) => DIRECT.has(name);

/** `begin(step, case, button)`; ends in `taken(step, latest)`, in `faster(error, number)`, or `say(words)` where no answer came. */
export function taking({ taken, faster, say }) {
  return async function begin(step, it, button) {
    const ends = { taken: (latest) => taken(step, latest), faster: (error) => faster(error, it.number) };
    if (!DIRECT.has(step.name) || (step.needs || []).length) return ask(step, it, ends);
    if (button) button.disabled = true;
    try {
      ends.taken(await take(it.number, { step: step.name, version: it.version }));
    } catch (error) {
      if (error instanceof api.Refused) ends.faster(error);
      else say(error.message);
    } finally {
      if (button) button.disabled = false;
    }
    return null;
  };
}
