// Uploads files and folders, a few at a time, and tells of each what became of it. File names stay in the browser.
const zone = document.querySelector("[data-upload]");
const panel = document.querySelector("[data-progress]");
const bar = panel.querySelector("progress");
const status = panel.querySelector("[data-status]");
const stopButton = panel.querySelector("[data-stop]");
const atOnce = 4;
const tries = 3;
const shownMax = 200;

const waiting = [];
const running = new Set();
const studies = new Set();
const counts = { stored: 0, conflict: 0, skipped: 0, refused: 0, failed: 0 };
let total = 0;
let bytesAll = 0;
let bytesDone = 0;
let stopped = false;
let drawn = 0;

const fill = (text, ...values) => values.reduce((filled, value, i) => filled.replace(`{${i}}`, value), text);

function add(file) {
  waiting.push(file);
  total += 1;
  bytesAll += file.size;
  if (stopped) stopped = false;
  panel.hidden = false;
  work();
}

function work() {
  while (!stopped && running.size < atOnce && waiting.length > 0) {
    const file = waiting.shift();
    const job = { sent: 0, request: null };
    running.add(job);
    send(file, job).then((result) => {
      running.delete(job);
      bytesDone += file.size;
      tell(file, result);
      draw();
      work();
    });
  }
  draw();
}

async function send(file, job) {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await post(file, job);
    if (answer !== null || stopped) return answer ?? { result: "failed", comment: "" };
    if (attempt === tries) return { result: "failed", comment: "" };
    await new Promise((go) => setTimeout(go, 1000 * attempt));
  }
}

function post(file, job) {
  return new Promise((resolve) => {
    const request = (job.request = new XMLHttpRequest());
    request.open("POST", "/upload/file");
    request.setRequestHeader("Content-Type", "application/dicom");
    request.setRequestHeader("Accept", "application/json");
    if (zone.dataset.header) request.setRequestHeader(zone.dataset.header, zone.dataset.token);
    request.upload.onprogress = (event) => {
      job.sent = event.loaded;
      draw();
    };
    request.onerror = request.onabort = () => resolve(null);
    request.onload = () => {
      if (request.status === 401 || request.status === 403) {
        stop(zone.dataset.signedOut);
        resolve({ result: "failed", comment: "" });
      } else if (request.status === 200) {
        resolve(JSON.parse(request.responseText));
      } else if (request.status >= 500 || request.status === 429) {
        resolve(null);
      } else {
        resolve({ result: "refused", comment: "" });
      }
    };
    request.send(file);
  });
}

function tell(file, { result, comment, study }) {
  counts[result] += 1;
  if (study && !studies.has(study)) {
    studies.add(study);
    const box = panel.querySelector("[data-studies]");
    box.hidden = false;
    const link = document.createElement("a");
    link.href = `/studies/${encodeURIComponent(study)}`;
    link.textContent = fill(zone.dataset.open, studies.size);
    box.querySelector("ul").append(item(link));
  }
  if (result === "stored" || result === "skipped") return;
  const box = panel.querySelector("[data-problems]");
  box.hidden = false;
  const problems = counts.conflict + counts.refused + counts.failed;
  if (problems > shownMax) {
    box.querySelector("[data-more-problems]").textContent = fill(zone.dataset.more, problems - shownMax);
    return;
  }
  const name = document.createElement("bdi");
  name.textContent = file.webkitRelativePath || file.name;
  const why = document.createElement("span");
  why.className = "muted";
  why.textContent = ` – ${zone.dataset[result]}${comment ? `: ${comment}` : ""}`;
  box.querySelector("ul").append(item(name, why));
}

function item(...parts) {
  const entry = document.createElement("li");
  entry.append(...parts);
  return entry;
}

function stop(text) {
  stopped = true;
  waiting.length = 0;
  for (const job of running) job.request?.abort();
  status.textContent = text;
}

function draw() {
  const now = performance.now();
  const done = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const isOver = running.size === 0 && waiting.length === 0;
  if (!isOver && now - drawn < 100) return;
  drawn = now;
  const sent = [...running].reduce((sum, job) => sum + job.sent, bytesDone);
  bar.value = bytesAll === 0 ? 1 : Math.min(1, sent / bytesAll);
  for (const [name, count] of Object.entries(counts)) panel.querySelector(`[data-count=${name}]`).textContent = count;
  stopButton.hidden = isOver;
  if (!stopped) status.textContent = fill(isOver ? zone.dataset.done : zone.dataset.waiting, isOver ? counts.stored : done, total);
}

stopButton.addEventListener("click", () => stop(zone.dataset.stopped));

for (const field of document.querySelectorAll("[data-files]")) {
  field.addEventListener("change", () => {
    for (const file of field.files) add(file);
    field.value = "";
  });
}

// Folders are read as they come, so that ten thousand files are no list in memory before the first is sent.
async function walk(entry) {
  if (entry.isFile) {
    add(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const one of some) await walk(one);
  }
}

addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => event.preventDefault());
zone.addEventListener("dragover", () => zone.classList.add("over"));
zone.addEventListener("dragleave", () => zone.classList.remove("over"));
zone.addEventListener("drop", (event) => {
  zone.classList.remove("over");
  const entries = [...event.dataTransfer.items].map((one) => one.webkitGetAsEntry?.()).filter(Boolean);
  for (const entry of entries) walk(entry).catch(() => {});
});

addEventListener("beforeunload", (event) => {
  if (running.size > 0) event.preventDefault();
});
