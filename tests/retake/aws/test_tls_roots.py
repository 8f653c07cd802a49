import shutil
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import SSLError
from retake.aws import s3
from retake.aws.tls_roots import trust_by_subject
from retake.domain.errors import Unavailable

from tests.support.certificate_authority import Authority, authority_in
from tests.support.tcp_peers import Peer, peer, reply, says
from tools.hashed_roots import lay_out


def roots(authority: Authority, folder: Path) -> str:
    shutil.copy(authority.folder / "authority.pem", folder / "cacert.pem")
    return str(lay_out(folder))


def client_of(server: Peer) -> Any:
    make: Any = botocore.session.Session().create_client
    return make(
        "sqs",
        "eu-central-1",
        endpoint_url=server.url(scheme="https"),
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "authority"
    folder.mkdir()
    return authority_in(folder)


def test_an_aws_client_believes_the_roots_of_the_folder(
    authority: Authority, tmp_path: Path
) -> None:
    with peer(says(reply()), tls=authority.sign("localhost")) as server:
        client = client_of(server)
        trust_by_subject(client, roots(authority, tmp_path))

        assert client.list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("has_folder", [True, False])
def test_an_aws_client_believes_nobody_else(
    authority: Authority, tmp_path: Path, has_folder: bool
) -> None:
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    folder = roots(authority_in(stranger), tmp_path) if has_folder else None

    with peer(says(reply()), tls=authority.sign("localhost")) as server:
        client = client_of(server)
        trust_by_subject(client, folder)
        with pytest.raises(SSLError):
            client.list_queues()


def test_a_file_that_the_environment_names_is_left_alone(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.folder / "authority.pem"))

    with peer(says(reply()), tls=authority.sign("localhost")) as server:
        client = client_of(server)
        trust_by_subject(client, roots(authority_in(stranger), tmp_path))

        assert client.list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("is_known", [True, False])
def test_a_result_is_stored_where_the_folder_vouches_for_the_server_only(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    folder = roots(authority if is_known else authority_in(stranger), tmp_path)
    monkeypatch.setattr(s3, "hashed_roots", lambda: folder)
    taken = reply(b"", "200 OK", 'ETag: "e"')

    with peer(says(taken), tls=authority.sign("localhost")) as server:
        client = Mock()
        client.generate_presigned_url.return_value = server.url(scheme="https")
        storage = s3.Storage(client)

        if is_known:
            assert storage.save("results", "a.mp4", iter([b"film"]), length=4).size_bytes == 4
        else:
            with pytest.raises(Unavailable, match="SSLError"):
                storage.save("results", "a.mp4", iter([b"film"]), length=4)
