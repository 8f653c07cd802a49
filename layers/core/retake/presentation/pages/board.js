"use strict";
// The board: asking how the edits stand, and putting them into the list.
// Everything that comes from outside is put into text and never into markup.
const SOON = 2000, LATER = 15000, MOST = 60000;
const find = (id) => document.getElementById(id);
const here = location.pathname.replace(/\/+$/, "");
const cards = new Map();
let timer = 0, failures = 0, pace = SOON;
// What the server of this page offers to do (`desk`), the latest answer, and what was looked for
// beyond it.
let desk = null, latest = [], further = [], rest = "";

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
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

function grouped(edits) {
  const groups = new Map();
  for (const edit of edits) {
    const key = edit.batch_id || edit.edit_id;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(edit);
  }
  return groups;
}

function all() {
  const known = new Set(latest.map((edit) => edit.edit_id));
  return [...latest, ...further.filter((edit) => !known.has(edit.edit_id))];
}

function arrange() {
  const edits = all(), wanted = edits.filter(isWanted);
  const whole = grouped(edits);
  place(find("edits"), [...grouped(wanted)].map(([key, some]) =>
    whole.get(key).length > 1 ? batch(key, some, whole.get(key)) : card(some[0])));
  find("empty").hidden = edits.length > 0;
  tellFound(wanted.length, edits.length);
}

function show(answer) {
  desk = answer.desk || null;
  latest = answer.edits;
  if (!further.length) rest = answer.older || "";
  showLine(answer.line);
  offerWork();
  arrange();
  followStarted();
  return latest.some((edit) => !edit.is_finished);
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
