"""The whole way with the client that openapi-python-client has made of docs/openapi.json."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from retake_client import Client  # type: ignore[import-not-found]  # made when the test runs
from retake_client.api.edits import (  # type: ignore[import-not-found]
    create_edit,
    get_edit,
    get_video,
    list_edits,
)
from retake_client.api.quotes import (  # type: ignore[import-not-found]
    create_quotes,
    list_models,
)
from retake_client.api.uploads import create_upload  # type: ignore[import-not-found]
from retake_client.models import (  # type: ignore[import-not-found]
    ClipFacts,
    NewEdit,
    NewQuotes,
    NewUpload,
)

SESSION = boto3.Session()


def sign(request: httpx.Request) -> None:
    kept = {n: v for n, v in request.headers.items() if n in ("content-type", "idempotency-key")}
    signed = AWSRequest(request.method, str(request.url), kept, request.content)
    signer: Any = SESSION.get_credentials()
    SigV4Auth(signer, "execute-api", SESSION.region_name).add_auth(signed)
    request.headers.update(dict(signed.headers.items()))


def main(path: Path, prompt: str) -> None:
    hooks: Any = {"event_hooks": {"request": [sign]}, "trust_env": False}
    client = Client(base_url=os.environ["API"], httpx_args=hooks)
    assert list_models.sync(client=client).models[0].role == "default"
    facts = NewQuotes(prompt=prompt, clip=ClipFacts(duration_seconds=5.0))
    assert create_quotes.sync(client=client, body=facts).quotes[0].is_accepted

    form = create_upload.sync(
        client=client, body=NewUpload(file_name=path.name, content_type="video/mp4")
    )
    httpx.post(
        form.url,
        data=form.fields.to_dict(),
        files={"file": path.read_bytes()},
        trust_env=False,
        timeout=60,
    ).raise_for_status()
    order = NewEdit(prompt=prompt, source=form.key)
    edit = create_edit.sync(client=client, body=order, idempotency_key=form.key)
    while edit.status not in ("SUCCEEDED", "FAILED", "REJECTED", "CANCELLED"):
        time.sleep(0.5)
        edit = get_edit.sync(edit.edit_id, client=client)
    assert edit.status == "SUCCEEDED", edit
    assert list_edits.sync(client=client).edits[0].edit_id == edit.edit_id
    link = get_video.sync(edit.edit_id, client=client)
    Path(f"{edit.edit_id}.mp4").write_bytes(httpx.get(link.url, trust_env=False).content)
    print(edit.edit_id)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
