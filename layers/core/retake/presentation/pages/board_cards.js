// ---- one card for each edit, and what can be done from it

const CHIPS = { SUCCEEDED: "chip good", FAILED: "chip bad", REJECTED: "chip bad" };
// Pictures of clips that were started from this page, by edit: a browser cannot play all of them.
const stills = new Map();
const REALLY = 5000;

function doing(edit) {
  if (!edit.waiting) return `${edit.doing} · ${edit.percent} %`;
  const is_asked = edit.waiting.for === "APPROVAL" && !desk;
  return is_asked ? `${edit.waiting.message} Say yes with: retake approve ${edit.edit_id}` : edit.waiting.message;
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

// What can be done with an edit as it stands; without a place to work only looking.
const CAN = {
  download: (edit) => Boolean(edit.has_video),
  copy: (edit) => Boolean(edit.share),
  reword: (edit) => desk && edit.is_finished,
  retry: (edit) => desk && edit.is_finished && edit.status !== "SUCCEEDED",
  approve: (edit) => desk && edit.waiting?.for === "APPROVAL",
  reject: (edit) => desk && edit.waiting?.for === "APPROVAL",
  cancel: (edit) => desk && !edit.is_finished,
};

function draw(card, edit) {
  const part = (name) => card.querySelector(name);
  card.dataset.edit = edit.edit_id;
  card.dataset.status = edit.status;
  const chip = part(".chip");
  chip.className = CHIPS[edit.status] || "chip";
  put(chip, edit.word);
  put(part(".when"), when(edit.created_at));
  part(".when").title = edit.created_at;
  const name = part(".name");
  put(name, edit.name);
  name.title = edit.name;
  if (edit.share && edit.is_finished) name.setAttribute("href", `../share/${edit.page || edit.share}`);
  put(part(".prompt"), edit.prompt || "");
  const bar = part("progress");
  bar.hidden = edit.is_finished;
  bar.value = edit.percent;
  bar.setAttribute("aria-label", `How far ${edit.name} is`);
  put(part(".doing"), edit.is_finished ? "" : doing(edit));
  put(part(".why"), edit.is_finished ? [edit.message, edit.webhook].filter(Boolean).join(" ") : "");
  const facts = [edit.model, edit.cost, took(edit.seconds), edit.reason];
  put(part(".facts-line"), facts.filter(Boolean).join(" · "));
  for (const button of card.querySelectorAll("[data-do]")) {
    button.hidden = !CAN[button.dataset.do](edit);
    if (!button.dataset.sure) button.setAttribute("aria-label", `${button.textContent}: ${edit.name}`);
  }
  picture(card, edit);
}

// The frame of the result; before there is one, or where there is none, that of the clip.
function picture(card, edit) {
  const shown = card.dataset.picture;
  if (edit.poster) {
    // Once shown it stays: the next answer may carry the same picture under a newly signed address.
    if (shown !== "result") reveal(card, edit.poster, `A frame of the edited ${edit.name}`, "result");
  } else if (!shown && stills.has(edit.edit_id)) {
    reveal(card, stills.get(edit.edit_id), `A frame of ${edit.name}`, "clip");
  } else if (!shown && edit.clip) {
    card.dataset.picture = "asked";
    card.dataset.clip = edit.clip;
    nearby.observe(card);
  } else if (!shown && edit.is_finished) {
    card.dataset.picture = "none";
  }
}

function reveal(card, address, text, kind) {
  const image = card.querySelector(".poster img");
  card.dataset.picture = kind;
  image.onload = () => {
    card.querySelector("canvas")?.remove();
    image.hidden = false;
    card.classList.add("pictured");
  };
  image.onerror = () => { image.hidden = true; card.classList.remove("pictured"); };
  image.alt = text;
  image.src = address;
}

// A clip is loaded as far as its first frame, when its card comes into sight, and let go.
const nearby = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) {
    if (!isIntersecting) continue;
    nearby.unobserve(target);
    firstFrame(target);
  }
}, { rootMargin: "200px" });

function firstFrame(card) {
  const video = document.createElement("video");
  const done = () => { video.removeAttribute("src"); video.load(); };
  video.muted = true;
  video.preload = "auto";
  video.addEventListener("loadeddata", () => {
    if (card.dataset.picture === "asked") {
      const canvas = document.createElement("canvas");
      const scale = Math.min(1, 640 / video.videoWidth);
      canvas.width = video.videoWidth * scale;
      canvas.height = video.videoHeight * scale;
      canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `The first frame of ${card.querySelector(".name").textContent}`);
      card.querySelector(".poster").append(canvas);
      card.classList.add("pictured");
      card.dataset.picture = "clip";
    }
    done();
  }, { once: true });
  video.addEventListener("error", () => {
    if (card.dataset.picture === "asked") card.dataset.picture = "none";
  }, { once: true });
  video.src = card.dataset.clip;
}

function card(edit) {
  const item = made(edit.edit_id, () => {
    const fresh = find("edit").content.firstElementChild.cloneNode(true);
    fresh.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (button) DOES[button.dataset.do](fresh, button);
    });
    return fresh;
  });
  item.edit = edit;
  draw(item, edit);
  return item;
}

function batch(id, shown, edits) {
  const group = made(`batch ${id}`, () => {
    const item = document.createElement("li"), list = document.createElement("ol");
    const title = document.createElement("p");
    title.className = "batch-title";
    title.dir = "auto";
    list.className = "edits";
    item.className = "batch-group";
    item.append(title, list);
    return item;
  });
  const counts = new Map();
  for (const edit of edits) counts.set(edit.word, (counts.get(edit.word) || 0) + 1);
  const stand = [...counts].map(([how, count]) => `${count} ${how}`).join(", ");
  put(group.firstChild, `${edits[0].name} · ${plural(edits.length, "variation")} · ${stand}`);
  place(group.lastChild, shown.map(card));
  return group;
}

// ---- what the buttons do

function note(card, text, kind = "") {
  const line = card.querySelector(".note");
  line.className = `note small ${kind}`;
  put(line, text);
}

async function askFor(card, what, told, more = {}) {
  try {
    const answer = await work(what, { edit_id: card.edit.edit_id, ...more });
    note(card, told(answer));
    look();
  } catch (error) {
    note(card, error.message, "bad");
  }
}

// Whoever clicks by mistake has five seconds to leave it.
function sure(button, question) {
  if (button.dataset.sure) return true;
  const label = button.textContent, name = button.getAttribute("aria-label");
  button.dataset.sure = "asked";
  put(button, question);
  button.setAttribute("aria-label", question);
  setTimeout(() => {
    delete button.dataset.sure;
    put(button, label);
    button.setAttribute("aria-label", name);
  }, REALLY);
  return false;
}

const DOES = {
  async download(card) {
    try {
      const answer = await fetch(`${here}/edits?video=${card.edit.edit_id}`, { cache: "no-store" });
      if (!answer.ok) throw new Error();
      location.assign((await answer.json()).url);
    } catch {
      note(card, "The result cannot be fetched now; try again.", "bad");
    }
  },
  async copy(card) {
    let url = new URL(`../share/${card.edit.share}`, location.href).href, long = "two hours";
    try {
      if (desk) {
        const answer = await work("link", { edit_id: card.edit.edit_id });
        [url, long] = [answer.url, plural(answer.days, "day")];
      }
      await navigator.clipboard.writeText(url);
      note(card, `The link is copied; it opens this edit for ${long}.`);
    } catch {
      note(card, url);
    }
  },
  reword: (card) => reword(card.edit),
  retry: (card) => askFor(card, "retry", () => "It is tried again, as a new edit."),
  // The amount that was read travels along: a yes is for that and for no other.
  approve(card, button) {
    const usd = card.edit.asks_usd;
    if (sure(button, `Yes, for $${usd.toFixed(2)}?`))
      askFor(card, "approve", (answer) => answer.message, { agreed_usd: usd });
  },
  reject(card, button) {
    if (sure(button, "Really refuse?"))
      askFor(card, "reject", (answer) => answer.message, { agreed_usd: card.edit.asks_usd });
  },
  cancel(card, button) {
    if (sure(button, "Really cancel?")) askFor(card, "cancel", (answer) => answer.message);
  },
};
