"""One real key, no AWS: what is refused before anything is started."""

from pathlib import Path
from typing import Any

import pytest

from command import live
from command.main import main
from local.live.storages import BucketStorage, EvolinkStorage, FalStorage, Tunnel

SNOW = ("-p", "Make it snow")


@pytest.fixture
def clip(tmp_path: Path) -> str:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"clip")
    return str(path)


class FakeS3:
    """A bucket of the user's."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def client(self, name: str) -> "FakeS3":
        return self

    def upload_file(self, path: str, bucket: str, key: str, **_: Any) -> None:
        self.key = key

    def generate_presigned_url(self, verb: str, *, Params: Any, ExpiresIn: int) -> str:
        return f"https://{Params['Bucket']}.s3.example/{Params['Key']}?expires={ExpiresIn}"

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        self.deleted.append(Key)


def refused(capsys: pytest.CaptureFixture[str], *typed: str) -> tuple[int, str]:
    return main(["edit", *typed]), capsys.readouterr().err


@pytest.mark.parametrize("provider", ["novita", "aimlapi"])
def test_a_provider_without_a_storage_wants_a_road_and_says_which(
    provider: str,
    clip: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(live.KEY_NAMES[provider], "key-of-mine")

    code, err = refused(capsys, clip, *SNOW, "--live", provider)

    assert code == 1
    assert "cannot fetch a clip from this machine's own address" in err
    assert "--via s3://BUCKET/FOLDER/" in err
    assert "key-of-mine" not in err


def test_without_a_key_it_says_where_one_is_looked_for(
    clip: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FAL_KEY", raising=False)

    code, err = refused(capsys, clip, *SNOW, "--live", "fal")

    assert code == 5
    assert "Put your key into the environment as FAL_KEY" in err


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--live", "acme"), 2),
        (("--live", "fal", "--detach"), 2),
        (("--live", "fal", "--stack", "retake-dev"), 2),
        (("--live", "fal", "--model", "novita/kling-o1-edit"), 3),
    ],
)
def test_what_does_not_go_together_is_refused(
    more: tuple[str, ...], code: int, clip: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(capsys, clip, *SNOW, *more)[0] == code


def test_each_provider_has_its_own_road() -> None:
    assert isinstance(live.storage_of("fal", "k", None), FalStorage)
    assert isinstance(live.storage_of("evolink", "k", None), EvolinkStorage)
    assert isinstance(live.storage_of("novita", "k", "https://t.example"), Tunnel)
    assert isinstance(live.storage_of("novita", "k", "s3://mine/a/", FakeS3()), BucketStorage)


def test_a_bucket_gives_a_link_that_ends_and_is_left_as_it_was(clip: str) -> None:
    s3 = FakeS3()
    storage = live.storage_of("novita", "k", "s3://mine/a/", s3)

    link = storage.put(Path(clip), "video/mp4")

    assert link == f"https://mine.s3.example/{s3.key}?expires=21600"
    assert s3.key.startswith("a/retake-")
    assert storage.clear() == []
    assert s3.deleted == [s3.key]


@pytest.mark.parametrize("via", ["http://plain.example", "s3://", "mine"])
def test_a_road_that_is_none_is_explained(
    via: str, clip: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOVITA_API_KEY", "key-of-mine")

    code, err = refused(capsys, clip, *SNOW, "--live", "novita", "--via", via)

    assert code == 3
    assert "--via" in err


def test_a_provider_out_there_is_not_put_behind_a_stack_it_cannot_fetch_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["up", "--provider-url", "novita=https://api.novita.ai"])

    assert code == 3
    assert "cannot fetch a clip from this machine's own address" in capsys.readouterr().err
