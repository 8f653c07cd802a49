"""Repairs one clip as Fit does; prints seconds, processor seconds and the peak of memory in MB.

python repair.py FILE
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from retake.catalog.models import MODELS
from retake.catalog.repair_plan import target_for
from retake.domain.vocabulary import Fit
from retake.media.measure import Deadline, survey
from retake.media.transcode import remake

if __name__ == "__main__":
    clip, model = Path(sys.argv[1]), MODELS["fal/kling-o1-edit"]
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as room:
        watch = Deadline(3600)
        found = survey(clip, watch)
        target = target_for(
            found.footage,
            is_steady=found.is_steady,
            fit=Fit.AUTO,
            model=model,
            mode=model.standard,
        )
        remake(clip, found, target, Path(room) / "made.mp4", watch)
    spent = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    # Not its peak, which counts what the process that started this one once held.
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000
    print(json.dumps({"seconds": spent, "cpu_seconds": used.ru_utime + used.ru_stime, "mb": peak}))
