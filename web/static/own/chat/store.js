// What must outlive a reload: unsent messages with their photos, and the draft. In IndexedDB, else in memory.

const NAME = "fengqiao";
const memory = { outbox: new Map(), words: new Map() };

const opened = new Promise((done) => {
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

/** Keeps an item; where the disk is full or closed it lives in memory until the page goes. */
export async function put(item) {
  try {
    if (!(await opened)) throw new Error("no database");
    await act("outbox", "readwrite", (store) => store.put(item));
  } catch {
    memory.outbox.set(item.key, item);
  }
}

export async function remove(key) {
  memory.outbox.delete(key);
  await act("outbox", "readwrite", (store) => store.delete(key));
}

/** Every item not yet answered or dismissed, oldest first. */
export async function all() {
  const kept = (await act("outbox", "readonly", (store) => store.getAll())) || [];
  return [...kept, ...memory.outbox.values()].sort((a, b) => a.order - b.order);
}

export async function keepDraft(text) {
  memory.words.set("draft", text);
  await act("words", "readwrite", (store) => store.put(text, "draft")).catch(() => undefined);
}

export async function draft() {
  const kept = await act("words", "readonly", (store) => store.get("draft")).catch(() => undefined);
  return kept ?? memory.words.get("draft") ?? "";
}
