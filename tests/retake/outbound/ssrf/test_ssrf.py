"""No address, name or chain makes this stack dial anything but a public server.

Judged by where connections arrive (tests/support/fake_internet.py), on every way out; the
verdict of the code under test is not asked for.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest
import retake.outbound.client
from _pytest.mark import ParameterSet
from retake.domain.errors import RetakeError
from retake.settings import PROVIDERS

from tests.retake.outbound.ssrf.corpus import CORPUS, HERE, INNER_IPV4, INNER_IPV6, Case, moved
from tests.retake.outbound.ways_out import CALLS, KEY, NAMED_BY_OTHERS, Stack
from tests.support.certificate_authority import authority_in
from tests.support.fake_internet import PUBLIC, Internet
from tests.support.tcp_peers import reply

SERVERS = ["clips.example", "other.example", "rebound.example", "*.example", "queue.fal.run"]
HOSTS = [*SERVERS, "api.novita.ai", "api.evolink.ai", "api.aimlapi.com", "api.fal.ai"]
ALL = [case for cases in CORPUS.values() for case in cases]
# Two providers' calls for all four: the others' differ in paths and words only.
WAYS = {
    name: way
    for name, way in (CALLS | NAMED_BY_OTHERS).items()
    if not name.endswith(("evolink", "aimlapi"))
}
# One guard stands on all of them. The two that follow redirects and one with a key meet every
# case; each other meets a share, and `make test-long` deals them the rest.
MEET_ALL = {"a clip given by its address", "a result", "a poll where fal's answer says"}
SHARES = 5
WITHOUT_KEY = {"fal's signing keys", "a result", "a clip given by its address", "a webhook"}
OF_PROVIDERS: dict[str, list[Sequence[str]]] = {
    "queue.fal.run": [(HERE,)],
    "api.fal.ai": [(HERE,)],
    "rest.fal.ai": [(HERE,)],
}


@pytest.fixture(scope="module")
def internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    authority = authority_in(tmp_path_factory.mktemp("authority"))
    with (
        Internet().open(authority.sign(*HOSTS)) as internet,
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr("retake.outbound.transport.public_authorities", lambda: authority.trust)
        yield internet


@pytest.fixture(autouse=True)
def _nothing_trapped_yet(internet: Internet) -> None:
    internet.trapped.clear()


def called(internet: Internet, way: Callable[[Stack, str], Any], case: Case) -> None:
    """Call once, in the case's world; a refusal by name is how most of them end."""
    internet.set({**OF_PROVIDERS, **case.names}, case.pages)
    with contextlib.suppress(RetakeError):
        way(Stack(), case.url)


def test_the_corpus_is_large_and_repeats_nothing() -> None:
    distinct = {(case.url, str(case.names), str(case.pages)) for case in ALL}

    assert len(distinct) == len(ALL) >= 300


def hands() -> Iterator[ParameterSet]:
    """Each way with the cases it meets: a share of a kind, dealt in turn, or in whole."""
    for place, way in enumerate(WAYS):
        for kind, cases in CORPUS.items():
            if way in MEET_ALL:
                yield pytest.param(way, cases, id=f"{way}-{kind}")
            else:
                yield pytest.param(way, cases[place % SHARES :: SHARES], id=f"{way}-some {kind}")
                yield pytest.param(way, cases, id=f"{way}-{kind}", marks=pytest.mark.long)


@pytest.mark.parametrize(("way", "cases"), [*hands()])
def test_only_public_servers_are_dialled_and_only_the_provider_sees_the_key(
    internet: Internet, way: str, cases: Sequence[Case]
) -> None:
    for case in cases:
        called(internet, WAYS[way], case)

        # The case's own name stands for a provider where a deployment would name it.
        own = {next(iter(case.names), "")} if way in CALLS.keys() - WITHOUT_KEY else set()
        assert internet.trapped == [], case.url
        assert told(internet, KEY) <= {"queue.fal.run", *own}, case.url


def told(internet: Internet, secret: str) -> set[str]:
    """The hosts whose requests held something."""
    requests = zip(internet.hosts(), internet.arrived, strict=True)
    return {host for host, request in requests if secret.encode() in request}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("way", [*WAYS])
def test_only_a_users_clip_and_a_result_are_followed_to_another_host_without_a_key(
    internet: Internet, way: str, status: int
) -> None:
    onward = moved(status, "https://other.example/")
    pages = {f"clips.example{path}": onward for path in ("", "/")}
    case = Case(
        "https://clips.example/",
        {"clips.example": [(HERE,)], "other.example": [(PUBLIC[1],)]},
        pages | {"other.example/": reply(b"a clip")},
    )

    called(internet, WAYS[way], case)

    followed = "other.example" in internet.hosts()
    assert followed is (way in ("a clip given by its address", "a result"))
    assert "other.example" not in told(internet, KEY)


# ---------------------------------------------------------------- the judge sees


@pytest.mark.long
def test_the_judge_would_see_a_client_without_a_guard(internet: Internet) -> None:
    seen = 0
    with httpx.Client(verify=False, trust_env=False, follow_redirects=True) as client:
        for case in ALL:
            internet.set(case.names, case.pages)
            internet.trapped.clear()
            with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL, ValueError):
                client.get(case.url, timeout=5)
            seen += bool(internet.trapped)

    assert seen >= 250


@pytest.mark.long
def test_the_judge_would_see_the_guard_without_its_check_of_addresses(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        retake.outbound.client, "dialable", lambda host, port, look_up, **_: look_up(host, port)
    )

    for case in ALL:
        called(internet, Stack.source, case)

    assert set(internet.trapped) >= {*INNER_IPV4, *INNER_IPV6} - {"0:0:0:0:0:0:0:1"}


def test_the_judge_would_see_a_second_look_up(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def checks_and_forgets(host: str, port: int, look_up: Any, **_: Any) -> list[str]:
        look_up(host, port)
        return [host]

    monkeypatch.setattr(retake.outbound.client, "dialable", checks_and_forgets)
    rebinding: dict[str, Any] = {"n1.example": [(HERE,), ("169.254.169.254",)]}

    called(internet, Stack.source, Case("https://n1.example/", rebinding))

    assert internet.trapped == ["169.254.169.254"]


@pytest.mark.parametrize("way", CALLS)
def test_each_way_does_reach_a_public_server(internet: Internet, way: str) -> None:
    case = Case("https://clips.example", {"clips.example": [(HERE,)]})

    called(internet, CALLS[way], case)

    assert set(internet.hosts()) == {"clips.example"}
    assert internet.looked_up.count("clips.example") == len(internet.arrived)


def test_every_provider_is_among_the_ways() -> None:
    assert {f"a submit to {name}" for name in PROVIDERS} <= set(CALLS)
