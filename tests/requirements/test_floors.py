"""No package older than the version that closed a hole somebody has published.

A table instead of a scanner: scanners ask a service, and where they cannot reach it some report
that all is well. Whoever reads of a new advisory adds a row; `make security` runs this again.
"""

import pytest
from packaging.version import Version

from tests.requirements.locks import LOCKS, pins
from tests.support.template_reader import ROOT

LOOKED_UP = "2026-11-21"
# package: (first version without the hole, advisory, what it was)
FLOORS = {
    "av": ("17.1.0", "CVE-2026-40962", "FFmpeg 8.0 in the wheel: reading mov with encryption"),
    "certifi": ("2024.7.4", "CVE-2024-39689", "trusts a root that was withdrawn"),
    "cryptography": ("50.0.0", "CVE-2026-69247", "an oracle in PKCS#7 decryption"),
    "h11": ("0.16.0", "CVE-2025-43859", "chunked bodies read leniently, so requests smuggled"),
    "httpx": ("0.23.0", "CVE-2021-41945", "addresses read wrongly"),
    "idna": ("3.15", "CVE-2026-45409", "hosts that take long to encode, past CVE-2024-3651"),
    "jinja2": ("3.1.6", "CVE-2025-27516", "templates leave their sandbox"),
    "pillow": ("12.3.0", "CVE-2026-55379", "one of eight fixed in 12.3.0"),
    "pydantic": ("2.4.0", "CVE-2024-3772", "addresses of mail that take long to check"),
    "pynacl": ("1.6.2", "CVE-2025-69277", "libsodium takes points outside the group"),
    "requests": ("2.33.0", "CVE-2026-25645", "temporary files with names to foresee"),
    "urllib3": ("2.7.0", "CVE-2026-44431", "and 44432: answers that unpack without bound"),
}


@pytest.mark.parametrize("package", FLOORS)
def test_no_lock_holds_a_version_with_a_known_hole(package: str) -> None:
    floor, advisory, _ = FLOORS[package]

    below = {
        f"{lock.parent.name}/{lock.name}: {each.version} ({advisory})"
        for lock in LOCKS
        for each in pins(lock)
        if each.name == package and Version(each.version) < Version(floor)
    }

    assert below == set()


def test_every_package_of_the_layers_that_takes_bytes_from_strangers_has_a_floor() -> None:
    outside = {"av", "certifi", "h11", "httpx", "idna", "pydantic", "pynacl", "urllib3"}

    deployed = {
        each.name
        for layer in ("core", "media")
        for each in pins(ROOT / f"layers/{layer}/requirements.txt")
    }

    assert outside <= deployed
    assert outside <= FLOORS.keys()
