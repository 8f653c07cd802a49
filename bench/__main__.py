"""`python -m bench [p1 p7 …] [--quick]`: measure, keep the results, write docs/performance.md."""

import argparse
import json
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.agreement import note
from bench.report import write

RESULTS = Path(__file__).parent / "results"
PARTS = {
    "p1": "cold_start",
    "p2": "knowing",
    "p3": "orchestration",
    "p4": "saving",
    "p5": "looking",
    "p6": "scale",
    "p7": "packages",
    "p8": "idle",
    "p9": "waiting",
    "p10": "submitting",
    "p11": "repair",
    "p12": "kept",
    "p13": "film",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("only", nargs="*", help=f"of {', '.join(PARTS)}; all without")
    parser.add_argument("--quick", action="store_true", help="few values: to see that it works")
    parser.add_argument("--write", action="store_true", help="only write the page again")
    options = parser.parse_args()
    wanted = [each for group in options.only for each in group.lower().split(",") if each]
    if unknown := sorted(set(wanted) - PARTS.keys()):
        parser.error(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    RESULTS.mkdir(exist_ok=True)
    for key in [] if options.write else wanted or PARTS:
        started = time.monotonic()
        print(f"{key}  {PARTS[key].replace('_', ' ')} …", flush=True)
        measure: Callable[[bool], Any] = import_module(f"bench.{PARTS[key]}").measure
        part = measure(options.quick)
        result = part.as_json()
        if before := _results().get(key):
            result["before"] = note(before, result)
        text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
        (RESULTS / f"{key}.json").write_text(text)
        print(f"{key}  {part.title}: {time.monotonic() - started:.0f} s", flush=True)
    write(_results())


def _results() -> Mapping[str, Any]:
    files = {key: RESULTS / f"{key}.json" for key in PARTS}
    return {key: json.loads(file.read_text()) for key, file in files.items() if file.exists()}


if __name__ == "__main__":
    main()
