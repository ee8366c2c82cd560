// A supervisor sets what a community shall settle: sent with the page's own token, then shown anew.
const form = document.getElementById("target");
const wrong = document.getElementById("wrong");

async function send() {
  const { csrf, month } = form.dataset;
  const settle = form.elements.settle.value ? Number(form.elements.settle.value) : null;
  const answer = await fetch("/api/staff/clearing", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf, "X-Locale": document.documentElement.lang },
    body: JSON.stringify({ area: form.elements.area.value, month, settle }),
  });
  if (answer.ok) return location.reload();
  const body = await answer.json().catch(() => null);
  throw new Error(body && body.error ? body.error.message : form.dataset.failed);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  wrong.textContent = "";
  send().catch((error) => { wrong.textContent = error instanceof TypeError ? form.dataset.failed : error.message; });
});
