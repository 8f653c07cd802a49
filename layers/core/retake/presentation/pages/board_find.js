// ---- searching what is shown, and looking further back

const KINDS = {
  "": () => true,
  moving: (edit) => !edit.is_finished,
  ready: (edit) => edit.status === "SUCCEEDED",
  ended: (edit) => edit.is_finished && edit.status !== "SUCCEEDED",
};

function isWanted(edit) {
  if (!KINDS[find("only").value](edit)) return false;
  const said = [edit.name, edit.prompt, edit.model, edit.edit_id, edit.reason, edit.message, edit.word];
  const text = said.filter(Boolean).join(" ").toLocaleLowerCase();
  const words = find("search").value.toLocaleLowerCase().split(/\s+/);
  return words.every((each) => text.includes(each));
}

function tellFound(found, known) {
  const is_filtered = find("search").value.trim() || find("only").value;
  find("find").hidden = known === 0;
  put(find("count"), is_filtered ? `${found} of ${plural(known, "edit")}` : plural(known, "edit"));
  find("older").hidden = !rest || (known === 0 && !further.length);
}

async function lookFurther() {
  const button = find("older");
  button.disabled = true;
  try {
    const answer = await fetch(`${here}/edits?before=${encodeURIComponent(rest)}`, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const older = await answer.json();
    further.push(...older.edits);
    rest = older.older || "";
    put(button, "Look for older edits");
    if (!older.edits.length) {
      const day = new Date(`${rest.slice(0, 10)}T12:00:00`);
      const since = day.toLocaleDateString([], { day: "numeric", month: "long", year: "numeric" });
      put(button, `Nothing since ${since}; look further back`);
    }
    arrange();
  } catch {
    put(button, "No answer; try again");
  } finally {
    button.disabled = false;
  }
}

find("older").addEventListener("click", lookFurther);
find("search").addEventListener("input", arrange);
find("only").addEventListener("change", arrange);
addEventListener("keydown", (event) => {
  const is_typing = event.target.closest?.("input, textarea, select");
  if (event.key === "/" && !is_typing && !event.ctrlKey && !event.metaKey && !find("find").hidden) {
    event.preventDefault();
    find("search").focus();
  }
});
