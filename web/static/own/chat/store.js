// What must outlive a reload: unsent messages with their photos, and the draft. In IndexedDB, else in memory.

const NAME = "fengqiao";
const PATIENCE = 2000; // some browsers never answer the first time they are asked
const memory = { outbox: new Map(), words: new Map() };

const opened = new Promise((done) => {
  setTimeout(() => done(null), PATIENCE);
  try {
    const ask = indexedDB.open(NAME, 1);
    ask.onupgradeneeded = () => {
      ask.result.createObjectStore("outbox", { keyPath: "key" });
      ask.result.createObjectStore("words");
    };
    ask.onsuccess = () => done(ask.result);
    ask.onerror = ask.onblocked = () => done(null);
  } catch {
    done(null); // a private window of some browsers
  }
});

async function act(store, mode, what) {
  const db = await opened;
  if (!db) return undefined;
  return new Promise((done, fail) => {
    const move = db.transaction(store, mode);
    const ask = what(move.objectStore(store));
    move.oncomplete = () => done(ask.result);
    move.onerror = move.onabort = () => fail(move.error);
  });
}

/** Keeps an item; false where the disk is full or closed: then it lives in memory, and only until the page goes. */
export async function put(item) {
  try {
    if (!(await opened)) throw new Error("no database");
    await act("outbox", "readwrite", (store) => store.put(item));
    memory.outbox.delete(item.key);
    return true;
  } catch {
    memory.outbox.set(item.key, item);
    return false;
  }
}

export async function remove(key) {
  memory.outbox.delete(key);
  await act("outbox", "readwrite", (store) => store.delete(key)).catch(() => undefined);
}

/** Every item not yet answered or dismissed, oldest first; what only memory has is marked `unkept`. */
export async function all() {
  const kept = (await act("outbox", "readonly", (store) => store.getAll()).catch(() => undefined)) || [];
  const held = [...memory.outbox.values()].map((item) => ({ ...item, unkept: true }));
  const keys = new Set(held.map((item) => item.key));
  return [...kept.filter((item) => !keys.has(item.key)), ...held].sort((a, b) => a.order - b.order);
}

export async function keepDraft(text) {
  memory.words.set("draft", text);
  await act("words", "readwrite", (store) => store.put(text, "draft")).catch(() => undefined);
}

export async function draft() {
  const kept = await act("words", "readonly", (store) => store.get("draft")).catch(() => undefined);
  return kept ?? memory.words.get("draft") ?? "";
}
