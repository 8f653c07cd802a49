"""botocore without its help texts makes the same clients, and has them again for who asks."""

import json
import subprocess
import sys
from typing import Any

from tests.support.template_reader import ROOT

ASKED = """
import json, sys
sys.path.insert(0, "layers/core")
import retake.aws.client
from botocore.session import Session

loaded = sorted(name for name in sys.modules if name.startswith(("botocore.docs", "html")))
client = Session().create_client("s3", region_name="eu-central-1", aws_access_key_id="a",
                                 aws_secret_access_key="b")
import botocore.docs.docstring
print(json.dumps({
    "loaded": loaded,
    "calls": sorted(name for name in dir(client) if not name.startswith("_")),
    "text": type(client.get_object.__doc__).__name__,
    "waits": sorted(client.waiter_names),
    "pages": client.can_paginate("list_objects_v2"),
    "waiter": type(client.get_waiter("bucket_exists")).__name__,
    "paginator": type(client.get_paginator("list_objects_v2")).__name__,
    "whole": botocore.docs.docstring.__file__ is not None,
}))
"""


def asked(script: str) -> Any:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_client_without_help_texts_is_the_same_but_for_its_texts() -> None:
    without = asked(ASKED)
    whole = asked(ASKED.replace("import retake.aws.client", "import botocore.docs"))

    assert without.pop("loaded") == ["botocore.docs.utils"]
    assert "html.parser" in whole.pop("loaded")
    assert (without.pop("text"), whole.pop("text")) == ("str", "ClientMethodDocstring")
    assert without == whole
