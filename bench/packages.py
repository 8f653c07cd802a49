"""P7: what is deployed, unzipped."""

from bench.figures import Goal, Part, Row
from bench.rooms import ROOT, built, megabytes

WHY = {"core": "pydantic is 8 MB of it, Powertools and botocore 5 each, Retake itself 4"}
LIMIT_MB = 250  # Lambda quotas, "Deployment package size, unzipped, including layers"


def measure(quick: bool) -> Part:
    room = built(arm=True)
    rows = []
    for name, bound in (("core", 30), ("media", 110)):
        size = megabytes([room / name])
        bare = size - sum(f.stat().st_size for f in (room / name).rglob("*.pyc")) / 1e6
        goal = Goal(f"≤ {bound} MB", size <= bound, WHY.get(name, ""))
        rows.append(
            Row(
                f"layer {name}",
                {"unzipped": f"{size:.1f} MB", "without bytecode": f"{bare:.1f} MB"},
                size / LIMIT_MB,
                goal,
            )
        )
    for function in sorted((ROOT / "functions").iterdir()):
        if function.is_dir():
            size = megabytes([room / "functions" / function.name])
            goal = Goal("≤ 50 KB", size <= 0.05)
            figures = {"unzipped": f"{size * 1000:.1f} KB"}
            rows.append(Row(f"function {function.name}", figures, size / LIMIT_MB, goal))
    notes = (
        "Not `sam build` itself, but what it does: the wheels that the layers' requirements pin, "
        "for arm64 and Python 3.13, beside the code, with the bytecode `make build` compiles.",
        "Of botocore's descriptions of AWS those that `make build` leaves (tools/slimming.py).",
    )
    return Part("p7", "Size of the packages", f"Lambda's limit of {LIMIT_MB} MB", rows, notes)
