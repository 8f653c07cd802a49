"""One edit through the job API with requests and botocore's signer: edit.py CLIP "PROMPT"."""

import os
import sys
import time
from pathlib import Path

import boto3
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

API, CLIP, PROMPT = os.environ["API"], Path(sys.argv[1]), sys.argv[2]
SESSION = boto3.Session()


def call(method: str, path: str, said: object = None, **headers: str) -> requests.Response:
    request = requests.Request(method, API + path, json=said, headers=headers).prepare()
    signed = AWSRequest(method, request.url, dict(request.headers), request.body)
    SigV4Auth(SESSION.get_credentials(), "execute-api", SESSION.region_name).add_auth(signed)
    request.headers.update(signed.headers.items())
    answer = requests.Session().send(request, allow_redirects=False, timeout=60)
    answer.raise_for_status()
    return answer


form = call("POST", "/uploads", {"file_name": CLIP.name, "content_type": "video/mp4"}).json()
files = {"file": CLIP.read_bytes()}
requests.post(form["url"], data=form["fields"], files=files, timeout=600).raise_for_status()
order = {"prompt": PROMPT, "source": form["key"]}
edit = call("POST", "/edits", order, **{"Idempotency-Key": form["key"]}).json()
while edit["status"] not in ("SUCCEEDED", "FAILED", "REJECTED", "CANCELLED"):
    time.sleep(float(os.environ.get("SECONDS_BETWEEN", "5")))
    edit = call("GET", f"/edits/{edit['edit_id']}").json()
if edit["status"] != "SUCCEEDED":
    sys.exit(edit["message"])
link = call("GET", f"/edits/{edit['edit_id']}/video").json()["url"]
Path(f"{edit['edit_id']}.mp4").write_bytes(requests.get(link, timeout=600).content)
print(edit["edit_id"])
