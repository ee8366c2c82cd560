// One person's phone: a chat, its messages, and everything the person can do in it.
import { get, make, post } from "./api.js";
import { buttons, draw } from "./message.js";

const MENU = 4;

export class Phone {
  constructor(user, bot, state, closed) {
    Object.assign(this, { user, bot, chat: user.id, drawn: new Map(), closed });
    this.root = document.getElementById("phone").content.firstElementChild.cloneNode(true);
    this.root.setAttribute("aria-label", user.first_name);
    this.part("h2").textContent = user.first_name;
    this.listen();
    this.offer(state);
  }

  part(selector) { return this.root.querySelector(selector); }

  offer(state) {
    const chats = state.bots.map((bot) => ["bot", bot.id, bot.first_name]);
    for (const group of state.groups) if (group.people.includes(this.user.id) && !group.moved_to) chats.push(["group", group.id, group.title]);
    const select = this.part("select");
    select.replaceChildren(...chats.map(([kind, id, name]) => make("option", { value: `${kind}:${id}` }, name)));
    select.value = this.chat < 0 ? `group:${this.chat}` : `bot:${this.bot.id}`;
    this.part(".role").textContent = this.chat < 0 ? "群组" : `@${this.bot.username}`;
    this.state = state;
  }

  get at() { return this.chat < 0 ? { chat: this.chat, user: this.user.id, bot: this.bot.id } : { chat: this.user.id, bot: this.bot.id }; }

  listen() {
    const on = (selector, event, act) => this.part(selector).addEventListener(event, (e) => { if (event === "submit") e.preventDefault(); this.try(() => act(e)); });
    on("select", "change", (e) => this.turnTo(e.target.value));
    on(".more", "click", () => this.more());
    on(".deep", "submit", (e) => { const payload = e.target.payload.value.trim(); e.target.reset(); this.more(); return this.start(payload); });
    on(".block", "click", () => { this.more(); return post(this.view?.blocked ? "unblock" : "block", { bot: this.bot.id, user: this.user.id }); });
    on(".close", "click", () => this.closed(this));
    on(".start", "click", () => this.start());
    on(".box", "submit", () => this.say());
    on(".place", "click", () => this.place());
    on("[name=photo]", "change", (e) => this.send("photos", "photo", e.target));
    on("[name=voice]", "change", (e) => this.send("voice", "voice", e.target));
    this.part("textarea").addEventListener("keydown", (e) => {
      if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); this.part(".box").requestSubmit(); }
    });
  }

  async try(act) {
    try { await act(); } catch (error) { this.notice(error.message, true); }
  }

  more(open = this.part(".menu").hidden) {
    this.part(".menu").hidden = !open;
    this.part(".more").setAttribute("aria-expanded", String(open));
  }

  turnTo(value) {
    const [kind, id] = value.split(":");
    this.chat = kind === "group" ? Number(id) : this.user.id;
    if (kind === "bot") this.bot = this.state.bots.find((bot) => bot.id === Number(id));
    this.drawn.clear();
    this.part(".log").replaceChildren();
    this.offer(this.state);
    return this.refresh();
  }

  concerns(entry) { return entry.chat === this.chat && (this.chat < 0 || entry.bots.includes(this.bot.id)); }

  hear(entry) {
    if (entry.kind === "answer" && entry.user === this.user.id && entry.text) this.notice(entry.text, entry.alert);
  }

  notice(text, alert = false) {
    const notice = this.part(".notice");
    notice.textContent = text;
    notice.classList.toggle("alert", alert);
    notice.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { notice.hidden = true; }, 4000);
  }

  async refresh() {
    const view = await get("chat", { chat: this.chat, ...(this.chat > 0 ? { bot: this.bot.id } : {}) });
    if (this.view && this.view.chat.id === view.chat.id && view.seq < this.view.seq) return;
    this.view = view;
    const log = this.part(".log");
    const low = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    this.show(log, view.messages);
    this.part(".role").textContent = view.actions.length ? "正在输入…" : this.chat < 0 ? "群组" : `@${this.bot.username}`;
    this.part(".begin").hidden = view.started && !view.blocked;
    this.part(".box").hidden = !view.started || view.blocked;
    this.part(".start").textContent = view.blocked ? "解除屏蔽并重新开始" : "开始";
    this.part(".block").textContent = view.blocked ? "解除屏蔽" : "屏蔽机器人";
    this.part(".block").hidden = !view.started || this.chat < 0;
    this.keys(view);
    this.commands(view.commands);
    if (low) log.scrollTop = log.scrollHeight;
  }

  show(log, messages) {
    const gone = new Set(this.drawn.keys());
    for (const message of messages) {
      gone.delete(message.message_id);
      const said = JSON.stringify(message);
      const old = this.drawn.get(message.message_id);
      if (old?.said === said) continue;
      const item = draw(message, this);
      if (old) old.item.replaceWith(item); else log.append(item);
      this.drawn.set(message.message_id, { said, item });
    }
    for (const id of gone) { this.drawn.get(id).item.remove(); this.drawn.delete(id); }
  }

  keys(view) {
    const last = view.messages.findLast((m) => m.reply_markup && (m.reply_markup.keyboard || m.reply_markup.remove_keyboard));
    const used = last?.reply_markup.one_time_keyboard && view.messages.some((m) => m.message_id > last.message_id && m.from.id === this.user.id);
    const rows = used ? undefined : last?.reply_markup.keyboard;
    const keys = this.part(".keys");
    keys.hidden = !rows || this.part(".box").hidden;
    keys.replaceChildren(...(rows ? [buttons(rows, (key) => this.try(() => key.request_location ? this.place() : post("say", { ...this.at, text: key.text })))] : []));
  }

  commands(list) {
    this.part(".commands").replaceChildren(...list.slice(0, MENU).map(({ command, description }) => {
      const button = make("button", { type: "button", className: "tool", title: description }, `/${command}`);
      button.addEventListener("click", () => this.try(() => post("say", { ...this.at, text: `/${command}` })));
      return button;
    }));
  }

  start(payload = "") { return post("start", { bot: this.bot.id, user: this.user.id, payload }); }

  async say() {
    const box = this.part("textarea");
    const text = box.value.trim();
    if (!text) return;
    await post("say", { ...this.at, text });
    box.value = "";
    box.focus();
  }

  press(message, data) {
    return this.try(() => post("press", { ...this.at, user: this.user.id, message_id: message.message_id, data }));
  }

  async send(path, name, input) {
    const form = new FormData();
    for (const [key, value] of Object.entries(this.at)) form.append(key, value);
    for (const file of input.files) form.append(name, file);
    const text = this.part("textarea");
    if (name === "photo" && text.value.trim()) form.append("caption", text.value.trim());
    input.value = "";
    await post(path, form);
    text.value = "";
  }

  async place() {
    const said = await ask("where");
    if (said) await post("location", { ...this.at, latitude: said.latitude, longitude: said.longitude, live_period: said.live ? 900 : 0 });
  }

  walk(message) {
    const { latitude, longitude } = message.location;
    return this.try(() => post("location", { ...this.at, message_id: message.message_id, latitude: latitude + 0.0002, longitude: longitude + 0.0002 }));
  }

  async change(message) {
    const said = await ask("change", { text: message.text });
    if (said) await this.try(() => post("edit", { ...this.at, message_id: message.message_id, text: said.text }));
  }
}

export function ask(id, values = {}) {
  const dialog = document.getElementById(id);
  const form = dialog.querySelector("form");
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue ? Object.fromEntries(new FormData(form)) : null), { once: true });
  });
}
