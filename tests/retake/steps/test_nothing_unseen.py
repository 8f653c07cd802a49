"""Nothing dropped into the inbox is without a visible outcome, whatever it is and when it comes."""

from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st
from retake.domain.edit import Edit
from retake.domain.source import Source, is_material

from tests.retake.steps.versioned_inbox import Stack

ODD = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=12
)
NAMES = st.sampled_from(["clip", "a b+c", "100%41", "❄️ día", "x" * 300]) | ODD
ENDINGS = st.sampled_from(
    [
        *(".mp4", ".MP4", ".MOV", "", ".txt", ".json"),
        *(".mp4.json", ".mp4.JSON", ".MOV.json", ".request.json", "/"),
    ]
)
FOLDERS = st.sampled_from(["", "rainy/", "rainy/night/", "presets/", "images/", "sources/", "//"])
BODIES = st.sampled_from(
    [
        b"clip",
        b"",
        b"{",
        b'{"prompt": "noir"}',
        b'{"prompt": "in {folder}"}',
        b'{"prompts": ["a", "b"]}',
        b'{"keep_audio": false}',
        b'{"prompt": "noir", "source": "clip.mp4"}',
        b'{"prompt": {}}',
    ]
)
METADATA = st.sampled_from([{}, {}, {"prompt": "noir"}, {"place": "Lima"}, {"model": "x"}])
TIMES = st.sampled_from([0.0, 0.0, 1.0, 19.0, 21.0, 290.0, 310.0, 2000.0])


@dataclass(frozen=True)
class Drop:
    key: str
    body: bytes
    metadata: dict[str, str]
    after: float
    told_after: tuple[float, ...]


DROPS = st.builds(
    Drop,
    key=st.builds(lambda folder, name, end: f"{folder}{name}{end}", FOLDERS, NAMES, ENDINGS),
    body=BODIES,
    metadata=METADATA,
    after=TIMES,
    told_after=st.lists(TIMES, min_size=1, max_size=2).map(tuple),
)
PAIR = [
    Drop("clip.mp4", b"clip", {}, 0.0, (0.0,)),
    Drop("clip.mp4.json", b'{"prompt": "noir"}', {}, 21.0, (0.0,)),
]


def outcome_of(dropped: Source, edits: list[Edit], stack: Stack) -> str:
    """What whoever dropped it can find out about it."""
    if is_material(dropped, ""):
        return "material"
    if any(edit.upload == dropped for edit in edits):
        return "record"
    for edit in edits:
        told = edit.settings_from
        if edit.sidecar_version_id == dropped.version_id or (told and told.uses(dropped)):
            return "settings of a record"
    if dropped.is_sidecar and stack.shelf.shelf[dropped.key][-1].version_id != dropped.version_id:
        return "replaced by a version that has an outcome"
    return "none"


@settings(max_examples=120, deadline=None)
@given(drops=st.lists(DROPS, max_size=7), seed=st.integers(0, 10**6))
@example(drops=PAIR, seed=0)
@example(drops=PAIR[::-1], seed=1)
@example(drops=[*PAIR, *PAIR], seed=2)
def test_every_drop_has_an_outcome_and_every_record_one_message(
    drops: list[Drop], seed: int
) -> None:
    stack = Stack(seed)
    for each in drops:
        stack.drop(
            each.key,
            each.body,
            after=each.after,
            told_after=each.told_after,
            metadata=each.metadata,
        )

    edits = stack.run()

    for key, versions in stack.shelf.shelf.items():
        for version in versions:
            assert outcome_of(version.of(key), edits, stack) != "none", (key, version)
    assert all(edit.is_finished for edit in edits)
    assert sorted(stack.messages) == [edit.edit_id for edit in edits]
    paid = [edit for edit in edits if edit.submit_started_at is not None]
    assert len(stack.scene.provider.orders) == len(paid)
