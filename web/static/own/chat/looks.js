// How the page looks on this device: size of type, light or dark. Kept here; the words of elder mode are the server's.

const NAMES = { size: "fengqiao-elder", theme: "fengqiao-theme", met: "fengqiao-met", tongue: "fengqiao-locale" };

/** What is remembered under `name`; with a value, that from now on. Null where nothing is, "" where it was unchosen. */
export function remembered(name, value) {
  try {
    if (value !== undefined) localStorage.setItem(NAMES[name], value);
    return localStorage.getItem(NAMES[name]);
  } catch {
    return value === undefined ? null : value;
  }
}

/** `size` is "0", "1" (大字) or "2" (特大); `theme` is "", "light" or "dark". */
export const chosen = () => ({ size: remembered("size") || "0", theme: remembered("theme") || "", met: remembered("met") === "1" });

function colour(theme) {
  const wanted = { light: PAPER, dark: NIGHT };
  document.querySelectorAll('meta[name="theme-color"]').forEach((meta) => {
    const own = /dark/.test(meta.media) ? "dark" : "light";
    meta.content = wanted[theme || own];
  });
}

export function apply({ size, theme, met }) {
  const root = document.documentElement;
  root.classList.toggle("elder", size !== "0");
  root.classList.toggle("huge", size === "2");
  if (met) root.classList.add("met");
  if (theme) root.setAttribute("data-theme", theme);
  else root.removeAttribute("data-theme");
  colour(theme);
}
