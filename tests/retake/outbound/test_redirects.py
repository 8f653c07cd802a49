"""Redirects: a download follows them where it is told to, each address checked like the first."""

import httpx
import pytest
from retake.domain.errors import Forbidden
from retake.outbound.client import Outbound


def outbound(hops: dict[str, str]) -> Outbound:
    """The web, in which some addresses lead to others and the rest answers with a body."""

    def answer(request: httpx.Request) -> httpx.Response:
        target = hops.get(str(request.url))
        if target is not None:
            return httpx.Response(302, headers={"location": target})
        return httpx.Response(200, content=str(request.url).encode())

    return Outbound(["*.example"], transport=httpx.MockTransport(answer))


def fetched(web: Outbound, redirects: int) -> tuple[int, bytes]:
    with web.download(
        "https://a.example/1", seconds=5, maximum_bytes=1000, redirects=redirects
    ) as download:
        return download.status, b"".join(download.chunks)


def test_a_download_follows_redirects_each_checked() -> None:
    web = outbound({"https://a.example/1": "https://b.example/2", "https://b.example/2": "/3"})

    assert fetched(web, 3) == (200, b"https://b.example/3")


def test_no_more_redirects_are_followed_than_allowed() -> None:
    web = outbound({"https://a.example/1": "https://a.example/1"})

    assert fetched(web, 3)[0] == 302
    assert fetched(web, 0)[0] == 302


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/", "https://10.0.0.1/", "https://other.test/", "file:///etc"]
)
def test_a_redirect_leads_nowhere_that_the_first_address_may_not(target: str) -> None:
    web = outbound({"https://a.example/1": target})

    with pytest.raises(Forbidden):
        fetched(web, 3)
