// The simulator's own doors.
export async function get(path, query = {}) {
  const asked = await fetch(`/sim/${path}?${new URLSearchParams(query)}`);
  return answer(asked);
}

export async function post(path, body) {
  const form = body instanceof FormData;
  const asked = await fetch(`/sim/${path}`, {
    method: "POST",
    body: form ? body : JSON.stringify(body),
    headers: form ? {} : { "Content-Type": "application/json" },
  });
  return answer(asked);
}

async function answer(response) {
  const said = await response.json();
  if (!response.ok) throw new Error(said.error ?? response.statusText);
  return said;
}

export function make(tag, more = {}, ...inside) {
  const made = Object.assign(document.createElement(tag), more);
  made.append(...inside);
  return made;
}
