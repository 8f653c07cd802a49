// ---- the clips and pictures that wait in the form

let rows = [], pictures = [];

const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;

function row(name, known) {
  const item = find("clip").content.firstElementChild.cloneNode(true);
  const own = item.querySelector("textarea");
  const made = { name, item, own, quotes: [], wrong: "", question: "", ...known };
  own.setAttribute("aria-label", `A prompt for ${name} alone`);
  own.addEventListener("input", priceSoon);
  const remove = item.querySelector(".remove");
  remove.setAttribute("aria-label", `Remove ${name}`);
  remove.addEventListener("click", () => {
    forget(made);
    if (made.id) work("release", { id: made.id }).catch(() => {});
    tellPrice();
    find("file").focus();
  });
  rows.push(made);
  find("clips").append(item);
  drawRow(made);
  return made;
}

function forget(made) {
  rows = rows.filter((each) => each !== made);
  made.item.remove();
}

function drawRow(made) {
  const part = (name) => made.item.querySelector(name);
  put(part(".clip-name"), made.name);
  const quote = quoteOf(made);
  const price = quote && !quote.refusal && quote.usd !== undefined ? `$${quote.usd.toFixed(2)}` : "";
  const facts = [made.seconds && `${made.seconds} s`, made.width && `${made.width} × ${made.height}`, price,
    made.edit_id && "the clip of an earlier edit"];
  const waits = made.is_here ? (quote || made.wrong ? "" : "asking the price …") : "is taken in …";
  put(part(".clip-facts"), [waits, ...facts].filter(Boolean).join(" · "));
  put(part(".clip-told"), made.is_starting ? "" : made.wrong || quote?.refusal || (made.before ? `Refused before: ${made.before}` : ""));
  const image = part("img");
  if (made.frame && image.hidden) {
    image.src = made.frame;
    image.alt = `A frame of ${made.name}`;
    image.hidden = false;
  }
}

async function take(files) {
  tell("");
  const is_picture = (file) => file.type.startsWith("image/");
  await Promise.all([...files].map((file) => (is_picture(file) ? takePicture(file) : takeClip(file))));
  priceSoon();
}

function hold(file) {
  if (file.size > desk.most_bytes) {
    const told = `${file.name} has ${megabytes(file.size)}; ${megabytes(desk.most_bytes)} are allowed.`;
    return Promise.reject(new Error(told));
  }
  return send(`hold?${new URLSearchParams({ name: file.name })}`, file);
}

async function takeClip(file) {
  const made = row(file.name, {});
  try {
    const known = await hold(file);
    Object.assign(made, known, { is_here: true });
    drawRow(made);
  } catch (error) {
    forget(made);
    tell([find("told").textContent, error.message].filter(Boolean).join(" "), "bad");
  }
}

async function takePicture(file) {
  try {
    pictures.push(await hold(file));
    drawPictures();
  } catch (error) {
    tell(error.message, "bad");
  }
}

function drawPictures() {
  find("pictured").replaceChildren(...pictures.map((picture) => {
    const item = document.createElement("li"), name = document.createElement("span");
    const remove = document.createElement("button");
    name.dir = "auto";
    put(name, picture.name);
    remove.type = "button";
    put(remove, "×");
    remove.setAttribute("aria-label", `Remove ${picture.name}`);
    remove.addEventListener("click", () => {
      pictures = pictures.filter((each) => each !== picture);
      if (picture.id) work("release", { id: picture.id }).catch(() => {});
      drawPictures();
      priceSoon();
      find("pictures").focus();
    });
    item.append(name, remove);
    return item;
  }));
}

// An edit that there was, in the form again with all it asked for. What somebody is writing there
// is left alone: the edit then brings its prompt along as its own.
async function reword(edit, { is_calm = false } = {}) {
  try {
    const old = await work("reword", { edit_id: edit.edit_id });
    if (rows.some((each) => each.edit_id === edit.edit_id)) return;
    const is_alone = !rows.length;
    const frame = stills.get(edit.edit_id) || edit.poster;
    const made = row(edit.name, { edit_id: edit.edit_id, nonce: nonce(), is_here: true, frame });
    made.before = edit.status === "REJECTED" ? edit.message : "";
    if (is_alone) {
      find("prompt").value = old.prompt || "";
      find("fit").value = old.fit || "";
      find("sound").checked = old.keep_audio !== false;
      const model = [...find("model").options].find((each) => each.value === old.model);
      find("model").selectedIndex = model ? model.index : 0;
      pictures = (old.images || []).map((key) => ({ key, name: key.split("/").pop() }));
      drawPictures();
    } else if (old.prompt !== find("prompt").value.trim()) {
      made.own.value = old.prompt || "";
      made.item.querySelector("details").open = true;
    }
    priceSoon();
    if (is_calm) return;
    find("work").scrollIntoView({ block: "start" });
    (is_alone ? find("prompt") : made.own).focus();
  } catch (error) {
    tell(error.message, "bad");
  }
}

const nonce = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16)).join("");

for (const id of ["file", "pictures"]) {
  find(id).addEventListener("change", () => {
    take(find(id).files);
    find(id).value = "";
  });
}
// The whole page takes files: a browser would open them in place of the board otherwise.
for (const kind of ["dragenter", "dragover"]) {
  addEventListener(kind, (event) => {
    if (!desk) return;
    event.preventDefault();
    find("zone").classList.add("over");
  });
}
addEventListener("dragleave", (event) => { if (!event.relatedTarget) find("zone").classList.remove("over"); });
addEventListener("drop", (event) => {
  if (!desk) return;
  event.preventDefault();
  find("zone").classList.remove("over");
  take(event.dataTransfer.files);
});

look();
