"""What is installed is what was locked: pinned, hashed, as wheels, from one's own registry."""

import re
from pathlib import Path

import pytest

from tests.requirements.locks import LOCKS, pins
from tests.support.template_reader import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
# Words that would send pip elsewhere, or let it take what nobody hashed.
ELSEWHERE = ("://", "--index-url", "-i ", "--find-links", "--trusted-host", "--no-binary", " @ ")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("lock", LOCKS, ids=relative)
def test_every_requirement_is_pinned_and_hashed(lock: Path) -> None:
    pinned = list(pins(lock))

    assert pinned
    for each in pinned:
        assert each.hashes, each.name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", it) for it in each.hashes), each.name


@pytest.mark.parametrize("lock", LOCKS, ids=relative)
def test_no_lock_names_a_registry_or_an_address(lock: Path) -> None:
    text = lock.read_text()

    assert not [word for word in ELSEWHERE if word in text]


@pytest.mark.parametrize("lock", LOCKS, ids=relative)
def test_every_lock_is_renewed_by_make_lock(lock: Path) -> None:
    assert f",{relative(lock)})" in MAKEFILE


def test_the_makefile_installs_wheels_of_known_hashes_only() -> None:
    # A wheel is unpacked; anything else runs a script of its author.
    joined = MAKEFILE.replace("\\\n", " ")
    installing = [line for line in joined.splitlines() if re.search(r"\bpip install\b", line)]

    assert installing
    for line in installing:
        assert "--require-hashes" in line, line
        assert "--only-binary :all:" in line, line


def test_nothing_else_fetches_or_runs_code_from_the_network() -> None:
    recipes = [line for line in MAKEFILE.splitlines() if line.startswith("\t")]

    fetching = [line for line in recipes if re.search(r"\b(curl|wget|npx?|git clone)\b", line)]

    assert fetching == []


def test_the_layers_carry_the_very_versions_that_the_tests_run_with() -> None:
    tested = {each.name: each.version for each in pins(ROOT / "requirements/dev.txt")}

    for layer in ("core", "media"):
        for each in pins(ROOT / f"layers/{layer}/requirements.txt"):
            assert tested[each.name] == each.version
