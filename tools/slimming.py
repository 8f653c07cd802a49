"""Takes out of a built layer what no function reads: most of what botocore knows about AWS.

    python tools/slimming.py .aws-sam/build/CoreLayer

`make build` runs it before it compiles, with Lambda's own Python, so there is nothing in it but the
standard library. What stays of botocore are the descriptions of SERVICES without their prose, as
plain JSON: calls, shapes, errors and endpoints are untouched. A cold start lists and parses them,
and of botocore's 23 MB they are one. Of Powertools the explorer of APIs goes, two megabytes of a
page that this stack does not serve, and one package that is only loaded because it is there.
"""

import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import Any

# By botocore's names, in the one version of each that botocore takes when it is not told another.
SERVICES = {
    "dynamodb": "2012-08-10",
    "lambda": "2015-03-31",
    "s3": "2006-03-01",
    "secretsmanager": "2017-10-17",
    "sns": "2010-03-31",
    "sqs": "2012-11-05",
    "stepfunctions": "2016-11-23",
}
# httpcore takes it for calls that are awaited, of which there are none, and goes without.
AWAITED = "anyio"
EXPLORER = "aws_lambda_powertools/event_handler/openapi/swagger_ui/swagger-ui*.min.*"


def slim(folder: Path) -> bool:
    """Slim the packages below this folder, if they are not slim yet; whether botocore is there."""
    for page in folder.rglob(EXPLORER):
        page.unlink()
    for package in (*folder.rglob(AWAITED), *folder.rglob(f"{AWAITED}-*.dist-info")):
        shutil.rmtree(package)
    data = next(folder.rglob("botocore/data"), None)
    if data is None:
        return False
    if {path.name for path in data.iterdir() if path.is_dir()} != SERVICES.keys():
        _keep_services(data)
        _keep_endpoints(data)
    return True


def _keep_services(data: Path) -> None:
    for folder in data.iterdir():
        if folder.is_dir() and folder.name not in SERVICES:
            shutil.rmtree(folder)
    for service, version in SERVICES.items():
        for other in (data / service).iterdir():
            if other.name != version:
                shutil.rmtree(other)
        for description in (data / service / version).iterdir():
            if description.name.startswith("examples-"):
                description.unlink()
            elif description.name.endswith(".json.gz"):
                described = json.loads(gzip.decompress(description.read_bytes()))
                description.unlink()
                _write(description.with_suffix(""), _without_prose(described))


def _keep_endpoints(data: Path) -> None:
    """Of every partition and region, for these services only."""
    models = (data / name / version / "service-2.json" for name, version in SERVICES.items())
    prefixes = {json.loads(model.read_text())["metadata"]["endpointPrefix"] for model in models}
    file = data / "endpoints.json"
    known = json.loads(file.read_text())
    for partition in known["partitions"]:
        partition["services"] = {
            name: where for name, where in partition["services"].items() if name in prefixes
        }
    _write(file, known)


def _without_prose(described: Any) -> Any:
    """The same with empty words: some of them botocore wants to be there."""
    if isinstance(described, dict):
        # A member of that name would be a mapping: only prose is text.
        return {
            name: ""
            if name == "documentation" and isinstance(value, str)
            else _without_prose(value)
            for name, value in described.items()
        }
    if isinstance(described, list):
        return [_without_prose(each) for each in described]
    return described


def _write(file: Path, described: Any) -> None:
    file.write_text(json.dumps(described, separators=(",", ":")))


if __name__ == "__main__":
    if not slim(Path(sys.argv[1])):
        raise SystemExit(f"There is no botocore in {sys.argv[1]}.")
    print(f"Left of botocore: {', '.join(SERVICES)}.")
