"""Repairing a clip before it is sent: fetched whole, made anew, measured again, put beside results.

Not on the way of an ordinary edit. It may be entered again at any moment: what an earlier run has
stored is found, and the record's own guard decides who may write.
"""

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from retake.aws.s3 import ObjectReader, Storage
from retake.catalog.admission import admit_clip, quoted, repairs
from retake.catalog.clip_rules import violated_rules
from retake.catalog.models import MODELS
from retake.catalog.repair_plan import MAX_BYTES, not_repairable, target_for
from retake.catalog.schema import Model
from retake.domain.conclusions import rejection
from retake.domain.edit import Edit
from retake.domain.errors import NotFootage, Refused
from retake.domain.footage import Footage
from retake.domain.request import Request
from retake.domain.source import Source, fitted_key
from retake.domain.stored import required
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason
from retake.media.measure import Deadline, Survey, survey
from retake.media.probe import probe
from retake.media.remarks import remarks_on
from retake.media.repair_words import changes
from retake.media.transcode import remake
from retake.records.store import Records
from retake.steps.outcome import Next, Step, closing

# Within the function's 900 s, with time left to fetch before and to store after.
REPAIR_SECONDS = 720.0
PIECE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bench:
    """Where a clip is repaired: the room on disk, and how long it may take."""

    storage: Storage
    bucket: str
    seconds: float = REPAIR_SECONDS
    most_bytes: int = MAX_BYTES


def fit(edit: Edit, *, records: Records, bench: Bench) -> Step:
    """Repair the clip as the request's `fit` allows, and put on record what was changed.

    A clip that cannot be repaired ends the edit, with the reason. Raises Unavailable when S3 or
    DynamoDB cannot answer now; LostRace.
    """
    if edit.must_be_concluded:
        return closing(edit)
    if edit.validated_at is not None:
        return Step(edit.edit_id, Next.SUBMIT)
    request, model = required(edit.request), MODELS[edit.model or ""]
    if edit.footage and request.fit not in repairs(Footage(**edit.footage), request, model):
        return _handed_over(edit, records, bench)
    try:
        with TemporaryDirectory(prefix="retake-fit-") as room:
            clip = fetched(required(edit.source), bench, Path(room) / "clip")
            watch = Deadline(bench.seconds)
            found = survey(clip, watch)
            _check_mendable(found.footage, request, model)
            fitted = Source(bucket=bench.bucket, key=fitted_key(edit.edit_id))
            made = _adopted(fitted, request, model, bench)
            if made is None:
                made = _measured(_made(clip, found, request, model, watch, fitted, bench), bench)
                _check(made[1], request, model)
    except Refused as refusal:
        if refusal.reason is Reason.NOT_REPAIRABLE and _would_go_as_it_is(edit, request, model):
            return _handed_over(edit, records, bench, why=str(refusal))
        return closing(records.conclude(edit, rejection(refusal)))
    source, footage = made
    longest = model.variant(fast=request.fast).maximum_seconds
    changed = changes(found, footage, longest)
    records.validated(
        edit,
        fitted=source,
        footage=asdict(footage),
        repair={"changes": changed, "before": found.facts(), "after": asdict(footage)},
        **quoted(model, request, footage),
        warnings=(*edit.warnings, f"The clip was repaired before the edit: {'; '.join(changed)}."),
    )
    return Step(edit.edit_id, Next.SUBMIT)


def _would_go_as_it_is(edit: Edit, request: Request, model: Model) -> bool:
    """Whether the model takes the clip unrepaired: then a repair is welcome, but not needed."""
    return bool(edit.footage) and not violated_rules(
        Footage(**required(edit.footage)), request, model
    )


def _handed_over(edit: Edit, records: Records, bench: Bench, *, why: str = "") -> Step:
    """The clip as it is, under a name by which a provider can fetch it."""
    source = required(edit.source)
    fitted = Source(bucket=bench.bucket, key=fitted_key(edit.edit_id))
    try:
        # Before the edit was paid for nothing but this step writes here, and always the same bytes.
        if bench.storage.size_of(fitted.bucket, fitted.key) != source.size_bytes:
            bench.storage.save(
                fitted.bucket,
                fitted.key,
                bench.storage.stream(source),
                length=source.size_bytes,
                is_digested=False,
            )
        copy = pinned(fitted, bench)
    except Refused as refusal:
        return closing(records.conclude(edit, rejection(refusal)))
    odd = remarks_on(Footage(**required(edit.footage)))
    name = f"The clip was handed over as {fitted.key}, because its own name does not travel well."
    remarks = [f"{why} It goes as it is.", *odd] if why else [name]
    records.validated(edit, fitted=copy, warnings=(*edit.warnings, *remarks))
    return Step(edit.edit_id, Next.SUBMIT)


def fetched(source: Source, bench: Bench, into: Path) -> Path:
    """The pinned version, piece by piece, onto this machine."""
    if source.size_bytes > bench.most_bytes:
        raise not_repairable(
            f"{source.size_bytes / 1e6:,.0f} MB are more than the {bench.most_bytes / 1e6:,.0f} MB "
            "that can be worked on"
        )
    return copied(source, bench, into)


def copied(source: Source, bench: Bench, into: Path) -> Path:
    """What this stack itself has stored, however large, onto this machine. Raises Unavailable."""
    reader = ObjectReader(bench.storage, source, source.size_bytes)
    with into.open("wb") as file:
        for at in range(0, source.size_bytes, PIECE_BYTES):
            file.write(reader.read_at(at, PIECE_BYTES))
    return into


def _check_mendable(found: Footage, request: Request, model: Model) -> None:
    """Refuse what only a look into the whole file has shown: too short, for one. Raises Refused."""
    if request.fit not in repairs(found, request, model):
        # About its form nothing need be said: that could be mended.
        formed = replace(found, container=model.containers[0], codec=model.codecs[0])
        admit_clip(formed, request, model)


def _made(
    clip: Path,
    found: Survey,
    request: Request,
    model: Model,
    watch: Deadline,
    fitted: Source,
    bench: Bench,
) -> Source:
    mode = model.variant(fast=request.fast)
    target = target_for(
        found.footage,
        is_steady=found.is_steady,
        fit=required(request.fit),
        model=model,
        mode=mode,
    )
    made = clip.with_name("fitted.mp4")
    remake(clip, found, target, made, watch)
    return stored(made, fitted, bench)


def stored(path: Path, named: Source, bench: Bench) -> Source:
    """A file of this machine under this name: the version that lies there. Raises Unavailable."""
    size, chunks = path.stat().st_size, _pieces_of_file(path)
    bench.storage.save(named.bucket, named.key, chunks, length=size, is_digested=False)
    return pinned(named, bench)


def _pieces_of_file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def pinned(named: Source, bench: Bench) -> Source:
    """The very version that lies there now."""
    head = bench.storage.head(named)
    return replace(named, version_id=head.version_id, size_bytes=head.size_bytes)


def _measured(source: Source, bench: Bench) -> tuple[Source, Footage]:
    """With what it holds, as Validate would look at it."""
    return source, probe(ObjectReader(bench.storage, source, source.size_bytes))


def _adopted(
    fitted: Source, request: Request, model: Model, bench: Bench
) -> tuple[Source, Footage] | None:
    """What an earlier run has stored, if it is whole and within the limits."""
    if not bench.storage.size_of(fitted.bucket, fitted.key):
        return None
    try:
        made = _measured(pinned(fitted, bench), bench)
    except NotFootage:
        return None
    return None if violated_rules(made[1], request, model) else made


def _check(made: Footage, request: Request, model: Model) -> None:
    """Hold the outcome against the same rules as any clip. Raises Refused."""
    for rule in violated_rules(made, request, model):
        allowed = rule.allowed(model, model.variant(fast=request.fast))
        raise not_repairable(
            f"made anew, its {rule.field} is {rule.found(made)}; {model.key} takes {allowed}"
        )
