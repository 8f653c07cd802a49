"""One reader under atheris, which follows what the code does with each byte.

`python -m tests.fuzz.following NAME SECONDS FOLDER`; inputs that fail are put into the folder. What
was learnt on the way is kept in .local and is where the next run begins.
"""

import sys
from pathlib import Path

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

# Before anything else imports it: only what is imported here is followed.
with atheris.instrument_imports(include=["retake"]):
    from tests.fuzz.targets import TARGETS

LEARNT = Path(".local/fuzz-learnt")
MEMORY_MB, INPUT_BYTES, INPUT_SECONDS = 2048, 65_536, 20


def main() -> None:
    """Follow one reader for so long. libFuzzer ends the process itself."""
    name, seconds, found = sys.argv[1:]
    learnt = LEARNT / name
    for folder in (learnt, Path(found)):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(TARGETS[name].seeds()):
        (learnt / f"seed-{number}").write_bytes(seed)
    options = [
        f"-max_total_time={max(1, int(float(seconds)))}",
        f"-max_len={INPUT_BYTES}",
        f"-timeout={INPUT_SECONDS}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-artifact_prefix={found}/{name}-",
    ]
    atheris.Setup([sys.argv[0], str(learnt), *options], TARGETS[name].run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
