"""One transfer from an https address into a bucket, by one method.

python transfer.py retake|upload_fileobj SOURCE SINK CERTIFICATE
"""

import ssl
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

KEYS: Any = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}


def retake(source: str, sink: str, certificate: str) -> None:
    import botocore.session
    import urllib3
    from botocore.config import Config
    from retake.aws.s3 import Storage
    from retake.outbound.client import Outbound

    client: Any = botocore.session.get_session().create_client(
        "s3",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        region_name="us-east-1",
        endpoint_url=sink,
        verify=certificate,
        config=Config(s3={"addressing_style": "path"}, signature_version="s3v4"),
    )
    storage = Storage(client, urllib3.PoolManager(retries=False, ca_certs=certificate))
    outbound = Outbound(
        (),
        loopback_ports=frozenset({urlsplit(source).port or 443}),
        tls=ssl.create_default_context(cafile=certificate),
    )
    with outbound.download(source, seconds=600, maximum_bytes=1024**3) as download:
        storage.save("results", "video.mp4", download.chunks, length=download.length)


def upload_fileobj(source: str, sink: str, certificate: str) -> None:
    import boto3
    import urllib3

    s3 = boto3.client("s3", endpoint_url=sink, verify=certificate, **KEYS)
    http = urllib3.PoolManager(ca_certs=certificate)
    body: Any = http.request("GET", source, preload_content=False)
    s3.upload_fileobj(body, "results", "video.mp4")


if __name__ == "__main__":
    METHODS = {each.__name__: each for each in (retake, upload_fileobj)}
    METHODS[sys.argv[1]](*sys.argv[2:])
    # Not getrusage, which counts what the process that started this one once held.
    lines = Path("/proc/self/status").read_text().splitlines()
    print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000)
