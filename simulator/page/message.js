// One message as people see it.
import { make } from "./api.js";
import { rich } from "./entities.js";

export function draw(message, phone) {
  const mine = message.from.id === phone.user.id;
  if (message.migrate_to_chat_id || message.migrate_from_chat_id) {
    return make("div", { className: "service" }, message.migrate_to_chat_id ? "群组已升级为超级群组" : "从旧群组迁移而来");
  }
  const bubble = make("div", { className: "bubble" });
  if (!mine && message.chat.type !== "private") bubble.append(make("p", { className: "from" }, message.from.first_name));
  if (message.reply_to_message) {
    const of = message.reply_to_message;
    bubble.append(make("p", { className: "quote" }, of.text ?? of.caption ?? "…"));
  }
  bubble.append(...content(message));
  const text = message.text ?? message.caption;
  if (text !== undefined) bubble.append(make("div", {}, rich(text, message.entities ?? message.caption_entities)));
  bubble.append(meta(message, mine, phone));
  const item = make("div", { className: `said${mine ? " me" : ""}${message.media_group_id ? " album" : ""}` }, bubble);
  const keys = message.reply_markup?.inline_keyboard;
  if (keys) item.append(buttons(keys, (key) => phone.press(message, key.callback_data)));
  return item;
}

function content(message) {
  const parts = [];
  if (message.photo) {
    const size = message.photo.at(-1);
    parts.push(make("img", { src: `/sim/files/${size.file_unique_id}`, width: size.width, height: size.height, alt: message.caption ?? "照片" }));
  }
  if (message.voice) {
    const sound = make("audio", { controls: true, preload: "none", src: `/sim/files/${message.voice.file_unique_id}` });
    sound.setAttribute("aria-label", "语音");
    parts.push(sound);
  }
  if (message.document) {
    const link = make("a", { href: `/sim/files/${message.document.file_unique_id}`, download: message.document.file_name }, message.document.file_name);
    parts.push(make("p", {}, link));
  }
  if (message.location) {
    const { latitude, longitude, live_period: live } = message.location;
    parts.push(make("p", { className: "map" }, make("b", {}, live ? "实时位置" : "位置"), `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`));
  }
  return parts;
}

function meta(message, mine, phone) {
  const line = make("p", { className: "meta" });
  if (mine && message.text !== undefined) {
    const change = make("button", { type: "button", className: "change" }, "修改");
    change.addEventListener("click", () => phone.change(message));
    line.append(change);
  }
  if (mine && message.location?.live_period) {
    const step = make("button", { type: "button", className: "change" }, "走几步");
    step.addEventListener("click", () => phone.walk(message));
    line.append(step);
  }
  if (message.edit_date) line.append("已编辑");
  const when = new Date(message.date * 1000);
  line.append(make("time", { dateTime: when.toISOString() }, when.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" })));
  return line;
}

export function buttons(rows, pressed) {
  const block = make("div", { className: "buttons" });
  for (const row of rows) {
    const line = make("div");
    for (const key of row) {
      if (key.url) {
        line.append(make("a", { className: "button", href: key.url, target: "_blank", rel: "noopener noreferrer" }, key.text));
        continue;
      }
      const button = make("button", { type: "button", className: "button" }, key.text);
      button.addEventListener("click", () => pressed(key));
      line.append(button);
    }
    block.append(line);
  }
  return block;
}
