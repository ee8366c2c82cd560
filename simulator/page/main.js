// Keeps the phones up to date by one waiting request for all of them.
import { get, make, post } from "./api.js";
import { ask, Phone } from "./phone.js";

const phones = [];
const shelf = document.getElementById("phones");
const line = document.getElementById("line");
let state = await get("state");

function put(userId, botId) {
  const user = state.users.find((one) => one.id === userId);
  const bot = state.bots.find((one) => one.id === botId);
  if (!user || !bot) return;
  const phone = new Phone(user, bot, state, (gone) => {
    gone.root.remove();
    phones.splice(phones.indexOf(gone), 1);
  });
  phones.push(phone);
  shelf.append(phone.root);
  phone.try(() => phone.refresh());
  return phone;
}

document.getElementById("add").addEventListener("click", async () => {
  state = await get("state");
  const form = document.querySelector("#new form").elements;
  const option = (one) => make("option", { value: one.id }, one.first_name);
  form.user.replaceChildren(...state.users.map(option), make("option", { value: "" }, "新的人"));
  form.bot.replaceChildren(...state.bots.map(option));
  const said = await ask("new");
  if (!said || (!said.user && !said.name.trim())) return;
  const user = said.user ? Number(said.user) : (await post("users", { first_name: said.name.trim() })).id;
  state = await get("state");
  put(user, Number(said.bot))?.root.scrollIntoView({ inline: "center" });
});

async function follow(after) {
  for (;;) {
    try {
      const { events, next } = await get("log", { after, timeout: 25 });
      line.textContent = `${state.bots.map((bot) => `@${bot.username}`).join("　")}`;
      after = next;
      if (events.some((entry) => entry.kind === "member" || entry.message?.migrate_to_chat_id)) {
        state = await get("state");
        for (const phone of phones) phone.offer(state);
      }
      for (const phone of phones) {
        const mine = events.filter((entry) => phone.concerns(entry));
        for (const entry of mine) phone.hear(entry);
        if (mine.length) phone.try(() => phone.refresh());
      }
    } catch {
      line.textContent = "连接断开，正在重连…";
      await new Promise((done) => setTimeout(done, 1500));
    }
  }
}

const first = state.phones.length ? state.phones : state.users.slice(0, 3).map((user, i) => ({ user: user.id, bot: (state.bots[Math.min(i, 1)] ?? state.bots[0])?.id }));
for (const { user, bot } of first) put(user, bot);
line.textContent = state.bots.map((bot) => `@${bot.username}`).join("　");
follow(state.seq);
