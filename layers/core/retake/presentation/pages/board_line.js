// ---- the line: slots in use, who waits for what, and budgets, above the edits

function lineBar(name, percent, isFull) {
  const row = document.createElement("li"), label = document.createElement("span");
  const meter = document.createElement("progress");
  put(label, name);
  meter.max = 100;
  meter.value = percent;
  meter.setAttribute("aria-label", name);
  row.classList.toggle("full", isFull);
  row.append(label, meter);
  return row;
}

function lineWait(each) {
  const row = document.createElement("li");
  put(row, `${each.number} ${each.number === "1" ? "waits" : "wait"} ${each.why}`);
  return row;
}

function showLine(line) {
  const { slots = [], waiting = [], budgets = [] } = line || {};
  const rows = [
    ...slots.map((each) => lineBar(`${each.key}: ${each.taken} of ${each.limit} slots`,
      Math.min(100, 100 * each.taken / each.limit), Boolean(each.held_for))),
    ...budgets.map((each) => lineBar(each.told, each.percent, each.is_full)),
    ...waiting.map(lineWait),
  ];
  find("line").hidden = !rows.length;
  // Drawn anew only where it says something else: a reader's place in it is not lost.
  const said = JSON.stringify(line || {});
  if (find("line").dataset.said === said) return;
  find("line").dataset.said = said;
  find("line").replaceChildren(...rows);
}
