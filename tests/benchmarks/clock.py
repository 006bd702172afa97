"""Timing: the best of several runs, for noise only ever adds; and memory, in processes of their own."""

import subprocess
import sys
import time
from collections.abc import Callable

PEAK = '''
def peak():
    """MB that this process held at most; ru_maxrss would count what its parent held."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024
'''
"""Code for a process of its own."""


def best(run: Callable[[], object], times: int = 3) -> float:
    """Seconds of the quickest run."""
    return min(once(run) for _ in range(times))


def once(run: Callable[[], object]) -> float:
    """Seconds of one run."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def apart(code: str, *args: object) -> str:
    """What Python code prints in a process of its own."""
    command = [sys.executable, "-c", code, *map(str, args)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def row(what: str, seconds: float, against: float | None = None, note: str = "") -> None:
    """Print a line of a table: what, seconds, and how many times `against` that is."""
    ratio = f"{seconds / against:6.2f} x" if against else ""
    print(f"  {what:52} {seconds * 1000:10.1f} ms  {ratio:>9}  {note}", flush=True)
