"""Kills the processes in which the emulator runs a function, as a sandbox of Lambda may die."""

import os
import signal
import subprocess


def kill_workers(function: str, engine_pid: int) -> list[int]:
    """Those that were killed; the test that kills nobody shows nothing."""
    killed = worker_of(function, engine_pid)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    return killed


def worker_of(function: str, engine_pid: int) -> list[int]:
    """The processes of a function."""
    # -ww: without it a line ends where a narrow terminal would, before the function's name.
    listed = subprocess.run(
        ["ps", "-eww", "-o", "pid,pgid,args"], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()[1:]]
    return [
        int(pid)
        for pid, group, args in (row for row in rows if len(row) == 3)
        if group == str(engine_pid) and function in args
    ]
