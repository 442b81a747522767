// The study list: searches while one types, and moves by keys. Without it the form works as forms do.
import { fragment } from "./fragment.js";

const form = document.getElementById("search");
const words = document.getElementById("words");
const results = document.getElementById("results");
const found = document.getElementById("found");
const order = document.getElementById("order");
const pause = 220;

let waiting = 0;
let running = null;

async function search(submitter) {
  clearTimeout(waiting);
  running?.abort();
  const request = (running = new AbortController());
  const fields = new URLSearchParams(new FormData(form, submitter));
  results.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: fields,
      headers: { "X-Leadglass-Part": "results" },
      redirect: "error",
      signal: request.signal,
    });
    if (!answer.ok) throw new Error();
    const part = fragment(await answer.text());
    if (request.signal.aborted) return;
    // Whoever has already gone to a row stays there when a late answer renews the list.
    const at = results.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    results.replaceChildren(part);
    if (at) results.querySelector(`a[href="${CSS.escape(at)}"]`)?.focus();
    found.textContent = results.querySelector("[data-found]")?.textContent ?? "";
    history.replaceState(null, "", `/?view=${answer.headers.get("X-Leadglass-View")}`);
  } catch {
    if (!request.signal.aborted) found.textContent = found.dataset.failed;
    if (!request.signal.aborted) found.classList.remove("unseen");
  } finally {
    if (running === request) results.removeAttribute("aria-busy");
  }
}

function searchSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(search, pause);
}

for (const field of form.querySelectorAll("input[name=words], input[name=referring]")) {
  field.addEventListener("input", searchSoon);
}
for (const field of form.querySelectorAll("select, input[type=date]")) {
  field.addEventListener("change", () => {
    showPeriod(null);
    search();
  });
}

form.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.hasAttribute("data-view")) return;
  event.preventDefault();
  if (button?.name === "sort") order.value = button.value;
  if (button?.name === "period") choosePeriod(button);
  search(button).then(() => {
    if (button?.name === "page" || button?.name === "sort") {
      results.querySelector(`button[name=${button.name}][value="${button.value}"]:not(:disabled)`)?.focus();
    }
  });
});

function choosePeriod(button) {
  const days = Number.parseInt(button.value, 10);
  const first = new Date();
  first.setDate(first.getDate() - (days - 1));
  const iso = (day) =>
    `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}`;
  form.elements.from.value = Number.isNaN(days) ? "" : iso(first);
  form.elements.to.value = "";
  showPeriod(button);
}

function showPeriod(chosen) {
  for (const button of form.querySelectorAll("button[name=period]")) {
    button.setAttribute("aria-pressed", button === chosen ? "true" : "false");
  }
}

// Keys: / goes to the search box, arrows go through the rows, Enter follows the row's link, V opens its images.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isWriting = event.target.closest?.("input, select, textarea");
  if (event.key === "/" && !isWriting) {
    event.preventDefault();
    words.focus();
    words.select();
    return;
  }
  if (isWriting && event.target !== words) return;
  const rows = [...results.querySelectorAll("[data-row]")];
  const here = rows.indexOf(document.activeElement?.closest?.("[data-row]"));
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && rows.length > 0 && (here >= 0 || event.target === words || event.target === document.body)) {
    event.preventDefault();
    if (here === 0 && step < 0) words.focus();
    else if (here >= 0 || step > 0) go(rows[Math.min(rows.length - 1, here + step)]);
  } else if (here >= 0 && (event.key === "Home" || event.key === "End")) {
    event.preventDefault();
    go(rows.at(event.key === "Home" ? 0 : -1));
  } else if (here >= 0 && event.key.toLowerCase() === "v") {
    rows[here].querySelector("[data-view]")?.click();
  } else if (event.key === "Escape" && event.target === words && words.value !== "") {
    words.value = "";
    search();
  }
});

function go(row) {
  row.querySelector("a").focus();
}

// A row is one target for the mouse; text in it can still be selected.
results.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.target.closest("a, button") || String(getSelection()) !== "") return;
  event.target.closest("[data-row]")?.querySelector("a")?.click();
});
