// Photos of a reply: made smaller, sent at once, shown small, removable.
import { h, icon, keep, t, uuid } from "../lib/dom.js";
import { MAX_BYTES, megabytes, shrink } from "../lib/photo.js";
import * as api from "./api.js";

function tile(photo, { remove, again }) {
  const failed = photo.state === "failed";
  return h("li", { class: `shot ${photo.state}` },
    h("img", { src: photo.url, alt: t("staff.photo") }),
    failed && h("button", { type: "button", class: "shot-again", onclick: again }, t("staff.again")),
    photo.state === "going" && h("span", { class: "shot-way", role: "status" }, t("staff.uploading")),
    h("button", { type: "button", class: "shot-remove", "aria-label": t("staff.remove_photo"), onclick: remove }, icon("close")));
}

/** A field that adds uploaded photos to `draft.photos`; `draft.sending` settles when none is on its way any more. */
export function photoField(draft, needed) {
  const shots = draft.shots || (draft.shots = []);
  const row = h("ul", { class: "shots" });
  const wrong = h("p", { class: "wrong", role: "alert" });
  const input = h("input", { type: "file", accept: "image/*", multiple: true, hidden: true, onchange: () => (draft.sending = pick()) });
  const add = h("button", { type: "button", class: "button", onclick: () => input.click() }, icon("photo"), t("staff.add_photo"));

  function draw() {
    draft.photos = shots.filter((shot) => shot.state === "there");
    keep(row, shots.map((shot) => ({ key: shot.key, mark: shot.state, make: () => tile(shot, { remove: () => remove(shot), again: () => (draft.sending = send(shot)) }) })));
    row.hidden = !shots.length;
  }

  function remove(shot) {
    shots.splice(shots.indexOf(shot), 1);
    draw();
    add.focus();
  }

  async function send(shot) {
    shot.state = "going";
    draw();
    try {
      Object.assign(shot, { id: (await api.upload(shot.blob, "photo.jpg")).id, state: "there" });
    } catch (error) {
      shot.state = "failed";
      wrong.replaceChildren(error.message);
    }
    draw();
  }

  async function pick() {
    wrong.replaceChildren();
    const files = [...input.files];
    input.value = "";
    for (const file of files) {
      const blob = await shrink(file);
      if (blob.size > MAX_BYTES) {
        wrong.replaceChildren(t("staff.photo_big", { size: megabytes(blob.size), most: megabytes(MAX_BYTES) }));
        continue;
      }
      const shot = { key: uuid(), blob, url: URL.createObjectURL(blob), state: "going" };
      shots.push(shot);
      await send(shot);
    }
  }

  draw();
  const name = t(needed ? "staff.ask.photo" : "staff.ask.photo_optional");
  return h("div", { class: "field", "data-field": "photo", role: "group", "aria-label": name }, h("span", { class: "name" }, name), row, add, input, wrong);
}
