
"use strict";
// Everything that comes from outside is put into text and never into markup.
const SOON = 2000, LATER = 15000, MOST = 60000;
const find = (id) => document.getElementById(id);
const here = location.pathname.replace(/\/+$/, "");
const cards = new Map();
let timer = 0, failures = 0, pace = SOON, drop = null, dropped = null;

const CHIPS = { SUCCEEDED: "chip good", FAILED: "chip bad", REJECTED: "chip bad" };
const WORDS = { SUCCEEDED: "ready", RECEIVED: "received", SUBMITTING: "submitting", UNCERTAIN: "uncertain",
  RUNNING: "running", SAVING: "saving", FAILED: "failed", REJECTED: "refused", CANCELLED: "cancelled" };

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function took(seconds) {
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

function when(text) {
  const at = new Date(text), now = new Date();
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
}

function draw(card, edit) {
  const part = (name) => card.querySelector(name);
  card.dataset.edit = edit.edit_id;
  card.dataset.status = edit.status;
  const chip = part(".chip");
  chip.className = CHIPS[edit.status] || "chip";
  put(chip, WORDS[edit.status] || edit.status.toLowerCase());
  put(part(".when"), when(edit.created_at));
  part(".when").title = edit.created_at;
  const name = part(".name");
  put(name, edit.name);
  name.title = edit.name;
  if (edit.share && edit.is_finished) name.setAttribute("href", `../share/${edit.share}`);
  put(part(".prompt"), edit.prompt || "");
  const bar = part("progress");
  bar.hidden = edit.is_finished;
  bar.value = edit.percent;
  bar.setAttribute("aria-label", `How far ${edit.name} is`);
  put(part(".doing"), edit.is_finished ? "" : `${edit.doing} · ${edit.percent} %`);
  put(part(".why"), edit.is_finished ? [edit.message, edit.webhook].filter(Boolean).join(" ") : "");
  const facts = [edit.model, edit.cost, took(edit.seconds), edit.reason];
  put(part(".facts-line"), facts.filter(Boolean).join(" · "));
  const picture = part("img");
  // Once shown it stays: the next answer may carry the same picture under a newly signed address.
  if (edit.poster && picture.hidden) {
    picture.src = edit.poster;
    picture.alt = `A frame of the edited ${edit.name}`;
    picture.hidden = false;
    picture.addEventListener("error", () => { picture.hidden = true; }, { once: true });
  }
  card.classList.toggle("pictured", !picture.hidden);
}

function grouped(edits) {
  const groups = new Map();
  for (const edit of edits) {
    const key = edit.batch_id || edit.edit_id;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(edit);
  }
  return groups;
}

function place(list, items) {
  items.forEach((item, index) => {
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] || null);
  });
  while (list.children.length > items.length) list.lastChild.remove();
}

function made(key, make) {
  if (!cards.has(key)) cards.set(key, make());
  return cards.get(key);
}

function card(edit) {
  const item = made(edit.edit_id, () => find("edit").content.firstElementChild.cloneNode(true));
  draw(item, edit);
  return item;
}

function batch(id, edits) {
  const group = made(`batch ${id}`, () => {
    const item = document.createElement("li"), list = document.createElement("ol");
    const title = document.createElement("p");
    title.className = "batch-title quiet";
    list.className = "edits";
    item.className = "batch-group";
    item.append(title, list);
    return item;
  });
  const done = edits.filter((edit) => edit.is_finished).length;
  put(group.firstChild, `${edits.length} variations of one clip · ${done} finished`);
  place(group.lastChild, edits.map(card));
  return group;
}

function show(answer) {
  drop = answer.drop || null;
  find("drop").hidden = !drop;
  find("empty").hidden = answer.edits.length > 0;
  const items = [...grouped(answer.edits)].map(([key, edits]) =>
    edits.length > 1 ? batch(key, edits) : card(edits[0]));
  place(find("edits"), items);
  showLine(answer.line);
  if (dropped) follow(answer.edits.find((edit) => edit.edit_id === dropped));
  return answer.edits.some((edit) => !edit.is_finished);
}

function say(text, kind) {
  const state = find("state");
  state.className = `state ${kind}`;
  put(state, text);
}

async function look() {
  clearTimeout(timer);
  let wait = LATER;
  try {
    const answer = await fetch(`${here}/edits`, { cache: "no-store" });
    if (answer.status === 403) {
      wait = 0;
      return say("This link has expired. Ask for a new one.", "lost");
    }
    if (answer.status === 429) {
      // Many boards share what the stack answers in a second: each looks less often, none is lost.
      pace = Math.min(LATER, pace * 1.5);
      wait = pace * (0.75 + Math.random() / 2);
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const moves = show(await answer.json());
    failures = 0;
    pace = Math.max(SOON, pace * 0.9);
    if (moves) wait = pace;
    say(moves ? "Live: an edit is moving" : "Up to date", "live");
  } catch {
    failures += 1;
    wait = Math.min(MOST, SOON * 2 ** Math.min(failures, 5));
    say(`No answer; trying again in ${Math.round(wait / 1000)} s`, "lost");
  } finally {
    clearTimeout(timer);
    if (!document.hidden && wait) timer = setTimeout(look, wait);
  }
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden) look();
});
addEventListener("online", look);

// ---- dropping a clip, where the server of this page takes clips

function tell(text, kind = "") {
  const told = find("told");
  told.className = `told ${kind}`;
  put(told, text);
}

function follow(edit) {
  if (!edit) return;
  if (edit.status === "SUCCEEDED") tell(`${edit.name} is ready.`, "good");
  else if (edit.is_finished) tell(`${edit.name}: ${edit.message || edit.reason}`, "bad");
  else return;
  dropped = null;
}

async function send(file) {
  const prompt = find("prompt").value.trim();
  if (!prompt) {
    tell("Say first what shall change, then drop the clip again.", "bad");
    return find("prompt").focus();
  }
  if (file.size > drop.most_bytes) {
    const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
    return tell(`${file.name} has ${megabytes(file.size)}; ${megabytes(drop.most_bytes)} are allowed.`, "bad");
  }
  tell(`Uploading ${file.name} …`);
  find("zone").setAttribute("aria-busy", "true");
  try {
    const said = new URLSearchParams({ name: file.name, prompt });
    const answer = await fetch(`${drop.url}?${said}`, {
      method: "POST", body: file, headers: { "X-Retake-Drop": drop.token },
    });
    const told = await answer.json();
    if (!answer.ok) return tell(told.message, "bad");
    dropped = told.edit_id;
    tell(`${file.name} was taken in; it moves below.`, "good");
    look();
  } catch {
    tell(`${file.name} could not be sent. Is the stack still up?`, "bad");
  } finally {
    find("zone").removeAttribute("aria-busy");
    find("file").value = "";
  }
}

find("drop").addEventListener("submit", (event) => event.preventDefault());
find("file").addEventListener("change", () => { if (find("file").files.length) send(find("file").files[0]); });
// The whole page takes the clip: a browser would open it in place of the board otherwise.
for (const kind of ["dragenter", "dragover"]) {
  addEventListener(kind, (event) => {
    if (!drop) return;
    event.preventDefault();
    find("zone").classList.add("over");
  });
}
addEventListener("dragleave", (event) => { if (!event.relatedTarget) find("zone").classList.remove("over"); });
addEventListener("drop", (event) => {
  if (!drop) return;
  event.preventDefault();
  find("zone").classList.remove("over");
  const files = [...event.dataTransfer.files];
  if (files.length) send(files[0]);
});

look();
