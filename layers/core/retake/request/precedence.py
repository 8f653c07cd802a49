"""The roads on which a clip's settings come, in the order in which they are taken.

The first road that says a prompt wins and is recorded. What roads before it said without a prompt
stays on top; roads after it are not looked at, so that a clip which says all in its own metadata
costs no further request.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from retake.aws.s3 import Storage
from retake.domain.errors import Refused
from retake.domain.source import Origin, Source, sidecar_of, sidecars_of
from retake.domain.spelling import spellings
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason, SettingsSource
from retake.domain.webhooks import is_webhook_url
from retake.request.documents import Document, first_found, found
from retake.request.parsing import (
    PROMPT_FIELDS,
    fields_of_metadata,
    in_our_spelling,
    is_foreign,
    metadata_is_ours,
    says_prompt,
)
from retake.request.placeholders import filled, values_for
from retake.request.presets import BUDGET, preset_keys
from retake.request.variations import Variations, beneath, parse_variations

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A clip whose settings are looked for; `day` is that on which it was received.

    `sidecar` pins the settings beside it, where they start an edit of their own.
    """

    clip: Source
    metadata: Mapping[str, str]
    storage: Storage
    day: str
    prefix: str = ""
    default_prompt: str = ""
    sidecar: Source | None = None

    def filled(self, fields: Fields) -> Fields:
        """Settings that many clips share, filled for this one. Raises Refused."""
        values = values_for(self.clip.key, self.metadata, prefix=self.prefix, day=self.day)
        return {name: filled(value, values, name) for name, value in fields.items()}


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What one road has for a clip. `read` raises Refused when it is not as it should be."""

    origin: Origin
    read: Callable[[], Fields]


@dataclass(frozen=True, slots=True)
class RequestedSettings:
    """What was asked for, not yet a Request: the fields of each road, the winning one last."""

    sources: tuple[tuple[Origin, Fields], ...]
    warnings: tuple[str, ...] = ()
    refusal: Refused | None = None

    @property
    def origin(self) -> Origin | None:
        """The winning road, with those that stay on top of it; None when there is none."""
        origins = [origin for origin, _ in self.sources]
        return replace(origins[-1], topped_by=tuple(origins[:-1])) if origins else None

    @property
    def fields(self) -> dict[str, Any]:
        """All fields, those of earlier roads on top. Raises what was wrong with a road."""
        if self.refusal is not None:
            raise self.refusal
        fields: dict[str, Any] = {}
        for _, more in self.sources:
            fields = beneath(fields, more)
        return fields

    @property
    def webhook_url(self) -> str | None:
        """Where the sender wants to be told, also of a refusal; None where nobody says so, or
        nothing that is an address."""
        said = [fields["webhook_url"] for _, fields in self.sources if "webhook_url" in fields]
        return said[0] if said and is_webhook_url(said[0]) else None

    def told(self, refusal: Refused) -> Refused:
        """A refusal of these fields, with the name of the document it speaks of."""
        top = (refusal.field or "").partition(".")[0]
        naming = [origin for origin, fields in self.sources if top in fields]
        return _naming(naming[0], refusal) if naming else refusal


def _metadata(drop: Drop) -> SourceSettings | None:
    if not metadata_is_ours(drop.metadata):
        return None
    return SourceSettings(
        Origin(road=SettingsSource.METADATA), lambda: fields_of_metadata(drop.metadata)
    )


def _sidecar(drop: Drop) -> SourceSettings | None:
    if drop.sidecar is not None:
        return _document(SettingsSource.SIDECAR, found(drop.sidecar, drop.storage))
    document = first_found(drop.clip.bucket, sidecars_of(drop.clip.key), drop.storage)
    return _document(SettingsSource.SIDECAR, document) if document else None


def _preset(drop: Drop) -> SourceSettings | None:
    keys = [each for key in preset_keys(drop.clip.key, drop.prefix) for each in spellings(key)]
    document = first_found(drop.clip.bucket, keys, drop.storage)
    return _shared(drop, _document(SettingsSource.PRESET, document)) if document else None


def _shared(drop: Drop, said: SourceSettings) -> SourceSettings:
    def read() -> Fields:
        fields = {name: value for name, value in said.read().items() if name != BUDGET}
        return drop.filled(_without_source(fields))

    return SourceSettings(said.origin, read)


def _default(drop: Drop) -> SourceSettings | None:
    if not drop.default_prompt.strip():
        return None
    return SourceSettings(
        Origin(road=SettingsSource.DEFAULT, key="DefaultPrompt"),
        lambda: drop.filled({"prompt": drop.default_prompt}),
    )


ROADS: Mapping[SettingsSource, Callable[[Drop], SourceSettings | None]] = {
    SettingsSource.METADATA: _metadata,
    SettingsSource.SIDECAR: _sidecar,
    SettingsSource.PRESET: _preset,
    SettingsSource.DEFAULT: _default,
}


def settings_of(drop: Drop, *, is_settling: bool = False) -> RequestedSettings | None:
    """What is asked of a clip; None while its sidecar may still come. Raises Unavailable."""
    said: list[tuple[Origin, Fields]] = []
    remarks: tuple[str, ...] = ()
    for road, look in ROADS.items():
        it = look(drop)
        if it is None:
            if road is SettingsSource.SIDECAR and is_settling and sidecar_of(drop.clip.key):
                return None
            continue
        try:
            read = it.read()
            if road is SettingsSource.SIDECAR and is_foreign(read):
                remarks = (f"{it.origin.key} was not read: it is another program's.",)
                continue
            fields = _checked(read, drop.clip)
        except Refused as refusal:
            return RequestedSettings((*said, (it.origin, {})), refusal=_naming(it.origin, refusal))
        said.append((it.origin, fields))
        if says_prompt(fields):
            return RequestedSettings(tuple(said), remarks)
    return RequestedSettings(tuple(said), remarks, _no_prompt(drop, remarks))


def settings_of_request_file(document: Document) -> RequestedSettings:
    """What a request file asks for."""
    origin = Origin(
        road=SettingsSource.REQUEST, key=document.source.key, version_id=document.source.version_id
    )
    try:
        return RequestedSettings(((origin, document.fields()),))
    except Refused as refusal:
        return RequestedSettings(((origin, {}),), refusal=refusal)


def variations_of(settings: RequestedSettings) -> Variations:
    """The one place where fields become requests, on whichever road they came. Raises Refused."""
    fields = settings.fields
    try:
        found = parse_variations(fields)
    except Refused as refusal:
        raise settings.told(refusal) from None
    told = [settings.told(it) if isinstance(it, Refused) else it for it in found.entries]
    return replace(found, entries=tuple(told))


def _document(road: SettingsSource, document: Document) -> SourceSettings:
    source = document.source
    return SourceSettings(
        Origin(road=road, key=source.key, version_id=source.version_id), document.fields
    )


def _checked(fields: Fields, clip: Source) -> Fields:
    """Without a blank prompt, which says nothing; for this clip and no other."""
    fields = in_our_spelling(fields)
    source = fields.get("source")
    if source not in (None, *spellings(clip.key)):
        raise Refused(
            Reason.INVALID_REQUEST,
            "The settings of a clip cannot name another clip as its source.",
            field="source",
            found=str(source)[:200],
            allowed=clip.key,
        )
    blank = [name for name in PROMPT_FIELDS if name in fields and not says_prompt(fields)]
    return {name: value for name, value in fields.items() if name not in blank}


def _without_source(fields: Fields) -> Fields:
    if "source" in fields:
        raise Refused(
            Reason.INVALID_REQUEST,
            "A preset is for every clip of its folder and cannot name a source.",
            field="source",
            found=str(fields["source"])[:200],
            allowed="no source",
        )
    return fields


def _naming(origin: Origin, refusal: Refused) -> Refused:
    if origin.key is None or str(refusal).startswith(origin.key):
        return refusal
    return Refused(
        refusal.reason,
        f"{origin.key}: {refusal}",
        field=refusal.field,
        found=refusal.found,
        allowed=refusal.allowed,
    )


def _no_prompt(drop: Drop, remarks: Sequence[str] = ()) -> Refused:
    sidecar = sidecar_of(drop.clip.key)
    presets = preset_keys(drop.clip.key, drop.prefix)
    ways = [
        "in the upload's metadata (x-amz-meta-prompt)",
        *([f"in {sidecar} beside it"] if sidecar else []),
        *([f"in {presets[0]} for its folder"] if presets else []),
        "or for all clips in the stack's parameter DefaultPrompt",
    ]
    return Refused(
        Reason.MISSING_PROMPT,
        " ".join((f"There is no prompt: say what to change {', '.join(ways)}.", *remarks)),
        field="prompt",
        allowed="a text of at least one character",
    )
