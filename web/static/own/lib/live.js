// News without asking: a stream of server-sent events, and polling where the stream is silent.
// Some in-app browsers hold a stream back for minutes, so it is trusted only after it brought something.

/**
 * Listens at `url()` for `event` and calls `heard`; calls `poll` every `fast` ms until the stream has proved
 * itself, then every `slow` ms. `poll` returns true when it found news the stream had not brought.
 */
export function listen({ url, event, heard, poll, fast, slow = 60000 }) {
  let source = null;
  let proven = false;
  let polled = Date.now();

  function open() {
    if (source || !window.EventSource) return;
    source = new EventSource(url());
    source.addEventListener(event, (news) => {
      proven = true;
      heard(news);
    });
    source.onerror = () => {
      proven = false;
      if (source && source.readyState === EventSource.CLOSED) close();
    };
  }

  function close() {
    if (source) source.close();
    source = null;
    proven = false;
  }

  async function ask() {
    polled = Date.now();
    try {
      if (await poll()) proven = false;
    } catch {
      proven = false;
    }
  }

  function wake() {
    if (document.hidden) return;
    open();
    ask();
  }

  function beat() {
    if (document.hidden) return;
    open();
    if (Date.now() - polled >= (proven ? slow : fast)) ask();
  }

  const timer = setInterval(beat, Math.min(fast, 5000));
  const wakers = [[document, "visibilitychange"], [window, "pageshow"], [window, "online"]];
  for (const [target, name] of wakers) target.addEventListener(name, wake);
  window.addEventListener("pagehide", close);
  open();
  return function stop() {
    clearInterval(timer);
    for (const [target, name] of wakers) target.removeEventListener(name, wake);
    window.removeEventListener("pagehide", close);
    close();
  };
}
