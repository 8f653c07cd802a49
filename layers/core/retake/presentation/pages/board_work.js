// ---- starting edits, where the server of this page does that

// With the word of the API, which the sentences of refusals use.
const FIT_WORDS = { "": "is refused", trim: "trim: cut to length", scale: "scale: made smaller",
  auto: "auto: made to fit", split: "split: edited in pieces" };
const PAUSE = 350;
const started = new Set();
let pricing = 0, offered = "";

function tell(text, kind = "") {
  const told = find("told");
  told.className = `told ${kind}`;
  put(told, text);
}

async function send(what, body) {
  let answer, said;
  try {
    const headers = { "X-Retake-Desk": desk.token };
    answer = await fetch(`${desk.url}/${what}`, { method: "POST", body, headers });
    said = await answer.json();
  } catch {
    throw new Error("The board's server does not answer. Is it still up?");
  }
  if (!answer.ok) throw new Error(said.message || `It was answered ${answer.status}.`);
  return said;
}

const work = (what, said) => send(what, JSON.stringify(said));

function options(select, pairs) {
  pairs.forEach(([value, text], index) => {
    if (!select.options[index]) select.add(new Option(text, value));
    select.options[index].value = value;
    put(select.options[index], text);
  });
}

function offerWork() {
  find("work").hidden = !desk;
  find("foot").hidden = Boolean(desk);
  const models = desk?.models || [];
  if (!desk || offered === desk.token) return;
  offered = desk.token;
  options(find("fit"), ["", ...(desk.fits || [])].map((fit) => [fit, FIT_WORDS[fit] || fit]));
  nameModels(models.map((each) => [each.model, `$${each.usd_per_second.toFixed(3)}/s`]));
}

// The first is the one that is taken when none is chosen.
function nameModels(priced) {
  const usual = priced[0]?.[0];
  const named = priced.map(([model, price]) =>
    [model === usual ? "" : model, `${model} · ${price}`]);
  options(find("model"), named);
}

const chosen = () => ({
  model: find("model").value, fit: find("fit").value, keep_audio: find("sound").checked,
  pictures: pictures.filter((each) => each.id).map((each) => each.id),
  kept_pictures: pictures.filter((each) => each.key).map((each) => each.key),
});

const asking = (row) => ({
  ...chosen(), prompt: row.own.value.trim() || find("prompt").value.trim(),
  ...(row.id ? { clip: row.id } : { edit_id: row.edit_id, nonce: row.nonce }),
});

// ---- the price, before anything is sent

function priceSoon() {
  clearTimeout(pricing);
  pricing = setTimeout(() => Promise.all(rows.filter((row) => row.is_here).map(priceOne)), PAUSE);
  tellPrice();
}

async function priceOne(row) {
  const question = JSON.stringify({ ...asking(row), prompt: asking(row).prompt || "?", model: "" });
  if (row.question === question) return tellPrice();
  row.question = question;
  try {
    const { quotes } = await work("price", asking(row));
    if (row.question !== question) return;
    row.quotes = quotes;
    row.wrong = "";
  } catch (error) {
    if (row.question !== question) return;
    row.question = "";
    row.quotes = [];
    row.wrong = error.message;
  }
  tellPrice();
}

function quoteOf(row) {
  const model = find("model").value;
  return row.quotes.find((each) => (model ? each.model === model : each.role === "default"));
}

const canStart = (row) => row.is_here && !row.is_starting && quoteOf(row) && !quoteOf(row).refusal;

function tellPrice() {
  rows.forEach(drawRow);
  const ready = rows.filter(canStart), quotes = ready.map(quoteOf);
  const sum = quotes.reduce((total, each) => total + (each.usd || 0), 0);
  const is_paid = quotes.some((each) => each.is_paid), left = rows.length - ready.length;
  find("start").disabled = !ready.length;
  put(find("start"), ready.length > 1 ? `Start ${ready.length} edits` : "Start");
  const price = ready.length ? `about $${sum.toFixed(2)}${is_paid ? "" : ", simulated: nobody pays"}` : "";
  const stays = ready.length && left ? `${left === 1 ? "one stays" : `${left} stay`} here` : "";
  put(find("price"), [price, stays].filter(Boolean).join(" · "));
  nameModels(sums());
}

// What each model would take for all clips together, or how many of them it refuses.
function sums() {
  const known = rows.filter((row) => row.quotes.length);
  return (desk?.models || []).map(({ model, usd_per_second }) => {
    if (!known.length) return [model, `$${usd_per_second.toFixed(3)}/s`];
    const quotes = known.map((row) => row.quotes.find((each) => each.model === model));
    const refused = quotes.filter((each) => !each || each.refusal).length;
    if (refused === quotes.length) return [model, quotes.length > 1 ? "takes none of them" : "does not take it"];
    const sum = quotes.reduce((total, each) => total + (each?.usd || 0), 0);
    return [model, `$${sum.toFixed(2)}${refused ? `, without ${refused}` : ""}`];
  });
}

// ---- the start

async function startAll() {
  const ready = rows.filter(canStart);
  if (!ready.length) return;
  const silent = ready.find((row) => !asking(row).prompt);
  if (silent) {
    tell("Say first what shall change.", "bad");
    return find("prompt").focus();
  }
  tell(`Starting ${plural(ready.length, "edit")} …`);
  ready.forEach((row) => { row.is_starting = true; });
  tellPrice();
  let wrong = 0;
  for (const row of ready) if (!await startOne(row)) wrong += 1;
  const went = ready.length - wrong;
  if (wrong) tell(`${plural(went, "edit")} started; what was refused stays here to be mended.`, "bad");
  else tell(went > 1 ? `${went} edits were started; they move below.` : `${ready[0].name} was started; it moves below.`, "good");
  tellPrice();
  look();
}

async function startOne(row) {
  try {
    const { edit_id } = await work("start", { ...asking(row), agreed_usd: quoteOf(row).usd });
    started.add(edit_id);
    if (row.frame) stills.set(edit_id, row.frame);
    forget(row);
    return true;
  } catch (error) {
    row.wrong = error.message;
    row.question = "";
    return false;
  } finally {
    row.is_starting = false;
  }
}

// An edit that was started here and is refused comes back, to be put right in place.
function followStarted() {
  for (const edit of all()) {
    if (!started.has(edit.edit_id) || !edit.is_finished) continue;
    started.delete(edit.edit_id);
    if (edit.status === "SUCCEEDED") tell(`${edit.name} is ready.`, "good");
    else {
      tell(`${edit.name}: ${edit.message || edit.reason}`, "bad");
      if (edit.status === "REJECTED") reword(edit, { is_calm: true });
    }
  }
}

find("work").addEventListener("submit", (event) => {
  event.preventDefault();
  startAll();
});
find("work").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) startAll();
});
for (const id of ["model", "fit", "sound"]) find(id).addEventListener("change", priceSoon);
find("prompt").addEventListener("input", priceSoon);
