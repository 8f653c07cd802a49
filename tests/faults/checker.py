"""What must hold after every run. Reads the ledger, the table, the buckets, the notices and the
logs, and never asks the code under test what it thinks of itself.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from retake.aws.dynamodb_values import from_item
from retake.domain.provider_keys import DEFAULT, key_of, provider_of
from retake.domain.source import fitted_key
from retake.domain.vocabulary import TERMINAL, Status
from retake.presentation.messages import EDIT_SCHEMA
from retake.records.batches import Batch
from retake.records.spending import MEASURES

from virtual.dropped import AS_IT_WAS, jobs_in
from virtual.memory_provider import KEY, SIGNATURE, Job
from virtual.recorded import edits_in
from virtual.whole_stack import LINK_SECRET, PROMPT, RESULTS, Stage

REPAIRED = fitted_key("").removesuffix(".mp4")  # copies of clips, which expire by themselves
SECRETS = (KEY, SIGNATURE, LINK_SECRET)
QUOTE_E4 = 4500  # less than any model of the runs asks for a clip of 3 s, in $0.0001
NAMED = ("key", "manifest_key", "poster_key", "page_key")
WRITTEN_BY = {".jpg": "(s3.put)", ".html": "(s3.put_tagged)"}  # what is beside a video


def batches_in(stage: Stage) -> list[Batch]:
    items = [item for key, item in stage.table.items.items() if key.startswith("batch#")]
    return [Batch.from_item(from_item(item)) for item in items]


def violations(stage: Stage, *, uploads: int = 1, most_accepted: int = 1) -> list[str]:
    """What does not hold, each with the number of its invariant; empty when all is well."""
    edits = edits_in(stage)
    batches = batches_in(stage)
    wanted = uploads + sum(len(batch.edit_ids) - 1 for batch in batches)
    asked = [each for each in edits.values() if not {"parent_id", "retry_of"} & each.keys()]
    found = [f"I1: {len(asked)} records of {uploads} uploads"] if len(asked) != wanted else []
    found += [f"{each} ({batch.batch_id})" for batch in batches for each in _of_batch(stage, batch)]
    told = _messages(stage)
    for edit_id, edit in edits.items():
        ours = told.get(edit_id, [])
        broken = _of_edit(stage, edit_id, edit, ours, most_accepted)
        found += [f"{each} ({edit_id})" for each in broken]
    if stage.gate.calls > stage.gate.most_calls:
        found.append(f"I1: after {stage.gate.most_calls:,} calls it still goes round and round")
    found += _uncounted(stage, edits)
    found += [f"I3: {each}" for each in stage.table_door.unabsorbed]
    found += [f"I6: {each}" for each in _told_secrets(stage)]
    wrong = stage.ledger.asked_with_wrong_key
    found += [f"I9: {job} was asked about with another key" for job in wrong]
    found += [f"I9: {each}" for each in (*stage.table_door.drifted, *_left_in_line(stage))]
    return found


def _messages(stage: Stage) -> dict[str, list[dict[str, Any]]]:
    """What was told of each edit."""
    told: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for notice in stage.states.notices:
        message = json.loads(json.loads(notice["Message"])["default"])
        if message["schema"] == EDIT_SCHEMA:  # questions and notices about budgets tell no end
            told[message["edit_id"]].append(message)
    return told


def _uncounted(stage: Stage, edits: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Sums of money that are not what the records say, added up here anew."""
    said: Counter[tuple[str, str]] = Counter()
    for edit in edits.values():
        for charge in edit.get("charges", ()):
            for key in charge["counters"]:
                said[key, "committed"] += charge["usd_e4"]
                said[key, "edits"] += 1
                said[key, "billed_seconds"] += charge["billed_seconds"]
    for key, item in stage.table.items.items():
        for name, number in from_item(item).items() if key.startswith("spent#") else ():
            if name in MEASURES and number != said.pop((key, name), 0):
                yield f"I7: {key} says {number} {name}, and the records another number"
    yield from (
        f"I7: {key} lacks {number} {name}" for (key, name), number in said.items() if number
    )
    for edit_id, edit in edits.items():
        held = sum(charge["usd_e4"] for charge in edit.get("charges", ()))
        if held < sum(QUOTE_E4 for job in stage.ledger.of(edit_id) if job.is_billed):
            yield f"I7: a job was accepted, and the sums hold {held} for it ({edit_id})"


def _of_edit(
    stage: Stage,
    edit_id: str,
    edit: dict[str, Any],
    told: list[dict[str, Any]],
    most_accepted: int,
) -> Iterator[str]:
    jobs = stage.ledger.of(edit_id)
    if len(jobs) > most_accepted:
        yield f"I2: {len(jobs)} jobs were accepted"
    if edit["status"] not in TERMINAL:
        yield f"I1: it is still {edit['status']}"
        return
    yield from _kept(stage, edit_id, edit)
    if "film" in edit:
        yield from _put_together(stage, edit_id, edit)
    else:
        yield from _billed(edit, jobs)
    if "parent_id" in edit:
        yield from ("I5: of a piece nobody is told" for _ in told)
        yield from _closed(edit)
    else:
        yield from _told(edit, told)


def _billed(edit: dict[str, Any], jobs: list[Job]) -> Iterator[str]:
    is_done = edit["status"] == Status.SUCCEEDED
    if edit.get("reused_from"):
        if jobs or edit.get("billed_usd") or edit.get("charges"):
            yield "I2: a copy of what was bought already was paid for"
        return
    if is_done and not any(job.job_id == edit.get("provider_task_id") for job in jobs):
        yield "I2: it succeeded by a job that nobody accepted"
    if jobs and not is_done and not edit.get("at_risk_usd"):
        yield f"I2: a job was accepted, and the record ({edit.get('reason')}) calls it free"
    if not jobs and is_done:
        yield "I2: it succeeded without a job"


def _kept(stage: Stage, edit_id: str, edit: dict[str, Any]) -> Iterator[str]:
    objects = {
        key: body
        for (bucket, key), body in stage.buckets.objects.items()
        if bucket == RESULTS and edit_id in key and not key.startswith(REPAIRED)
    }
    result = edit.get("result", {})
    videos = [key for key in objects if key.endswith(".mp4")]
    if edit["status"] != Status.SUCCEEDED:
        named = edit.get("details", {}).get("delivered", {}).get("key")
        if objects.keys() - {named}:
            yield f"I4: {sorted(objects)} lie in the results of a {edit['status']} edit"
        return
    if videos != [result.get("key")] or result.get("manifest_key") not in objects:
        yield f"I4: the results hold {sorted(objects)}"
    elif unnamed := objects.keys() - {result.get(name) for name in NAMED} - _late(stage, objects):
        yield f"I4: {sorted(unnamed)} lie in the results and no record names them"
    elif missing := {result[name] for name in NAMED if name in result} - objects.keys():
        yield f"I4: the record names {sorted(missing)}, which do not lie in the results"
    elif hashlib.sha256(objects[videos[0]]).hexdigest() != result.get("sha256"):
        yield "I4: the record has another hash than the object"


def _late(stage: Stage, keys: Iterable[str]) -> set[str]:
    """What is beside a video although its writing, and then something else, was told as failed.

    S3 may take such a write after all. The file carries the edit's id, by which an erasure takes
    it. After one fault, or another one than of this writing, there must be none.
    """
    struck = stage.gate.struck
    unsure = [ending for ending, call in WRITTEN_BY.items() if any(call in it for it in struck)]
    return {key for key in keys if key.endswith(tuple(unsure))} if len(struck) > 1 else set()


def _told(edit: dict[str, Any], ours: list[dict[str, Any]]) -> Iterator[str]:
    if not ours:
        yield f"I5: nobody was told of {edit['status']}"
    ids = {message["notification_id"] for message in ours}
    if ours and ids - {edit.get("supersedes")} != {edit["notification_id"]}:
        yield f"I5: {ids} were sent for {edit['notification_id']}"
    latest = [each for each in ours if each["notification_id"] == edit["notification_id"]]
    if any(message["status"] != edit["status"] for message in latest):
        yield "I5: a message says another status than the record"
    yield from _closed(edit)


def _closed(edit: dict[str, Any]) -> Iterator[str]:
    if "open_shard" in edit or "notified_at" not in edit:
        yield "I5: the record does not say that it was told"


def _put_together(stage: Stage, edit_id: str, edit: dict[str, Any]) -> Iterator[str]:
    """A film is sent nowhere, and holds the results of its pieces, each paid for once."""
    edits = edits_in(stage)
    if stage.ledger.of(edit_id):
        yield "I2: a film was sent as a whole"
    own = [each for each in edits.values() if each.get("parent_id") == edit_id]
    billed = sum(each.get("billed_usd", 0) for each in own)
    told, risk = edit.get("billed_usd", 0), edit.get("details", {}).get("at_risk_usd", 0)
    if not told - 1e-6 <= billed <= told + risk + 1e-6:
        yield f"I2: the record says {told} and perhaps {risk} were billed, its pieces {billed}"
    tries = edit["film"]["tries"]
    if len(own) > sum(tries):
        yield f"I2: {len(own)} edits were made for {tries}"
    if edit["status"] != Status.SUCCEEDED:
        return
    pieces = [edits[key] for key in edit["film"]["edit_ids"]]
    made = [it["provider_task_id"] if "result" in it else AS_IT_WAS for it in pieces]
    held = jobs_in(stage.buckets.objects[RESULTS, edit["result"]["key"]])
    if held != made:
        yield f"I4: the film holds {held}, and its pieces were made by {made}"


def _of_batch(stage: Stage, batch: Batch) -> Iterator[str]:
    edits = edits_in(stage)
    for index, edit_id in enumerate(batch.edit_ids):
        edit = edits.get(edit_id, {})
        if (edit.get("batch_id"), edit.get("batch_index")) != (batch.batch_id, index):
            yield f"I1: {edit_id} is not on record as its edit number {index}"
    bodies = [json.loads(notice["Message"]) for notice in stage.states.notices]
    messages = [json.loads(body["default"]) for body in bodies]
    ours = [each for each in messages if each["schema"] == "retake.batch/1"]
    if {each["notification_id"] for each in ours} != {f"{batch.batch_id}.ended"}:
        yield f"I5: {len(ours)} messages were sent about it"
    counts = {status: n for each in ours for status, n in each["counts"].items() if each}
    ends = Counter(edits[edit_id]["status"] for edit_id in batch.edit_ids if edit_id in edits)
    if ours and counts != {**ends, "total": len(batch.edit_ids)}:
        yield f"I5: the message counts {counts}, the records {dict(ends)}"
    if batch.notified_at is None:
        yield "I5: it does not say that it was told"


def _left_in_line(stage: Stage) -> Iterator[str]:
    """When all has ended nobody holds a slot, stands in line or tries a key."""
    for key, item in stage.table.items.items():
        if key.startswith("slots#") and (from_item(item).get("taken", 0) or "prober" in item):
            yield f"{key} is {from_item(item)}"
    for key, edit in edits_in(stage).items():
        if "line" in edit or "waits_for" in edit:
            yield f"{key} stands in {edit.get('line')}"
    yield from stage.idle


def idle_in(stage: Stage) -> set[str]:
    """The keys with a free slot, and somebody who waits for it."""
    known, found = stage.settings().max_running, set()
    # A key that was put into the secret is known with the next submit.
    there = {
        key_of(provider, name)
        for provider in known
        for name in set(_named(stage, provider)) & set(stage.ring.names)
    }
    for key, item in stage.table.items.items():
        name = key.removeprefix("slots#")
        if name not in there:
            continue
        provider, slots = provider_of(name), from_item(item)
        if "held_until" in slots or slots.get("taken", 0) >= known[provider]:
            continue
        if stage.table.items.by_line[f"waits#{provider}"]:
            found.add(name)
    return found


def _named(stage: Stage, provider: str) -> list[str]:
    """The names of the keys by which slots are given out."""
    item = from_item(stage.table.items.get(f"slots#{provider}", {}))
    return list(item.get("key_names", [DEFAULT]))


def _told_secrets(stage: Stage) -> Iterator[str]:
    tokens = [url.rpartition("/")[2] for url in stage.callback_urls]
    executions = stage.states.executions.values()
    history = json.dumps([execution.history for execution in executions])
    logs = "\n".join(stage.log_lines)
    messages = json.dumps(stage.states.notices)
    items = json.dumps(stage.table.items)
    places = {
        "history": (history, (*SECRETS, PROMPT, "TASK-TOKEN", *tokens)),
        "log": (logs, (*SECRETS, PROMPT, "TASK-TOKEN", *tokens)),
        "messages": (messages, (*SECRETS, PROMPT, "TASK-TOKEN", *tokens)),
        "items": (items, (*SECRETS, *tokens)),
    }
    for place, (text, secrets) in places.items():
        for secret in secrets:
            if secret in text:
                yield f"{secret} stands in the {place}"
