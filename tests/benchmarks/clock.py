"""Timing: the best of several runs, for noise only ever adds."""

import time
from collections.abc import Callable


def best(run: Callable[[], object], times: int = 3) -> float:
    """Seconds of the quickest run."""
    return min(once(run) for _ in range(times))


def once(run: Callable[[], object]) -> float:
    """Seconds of one run."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def row(what: str, seconds: float, against: float | None = None, note: str = "") -> None:
    """Print a line of a table: what, seconds, and how many times `against` that is."""
    ratio = f"{seconds / against:6.2f} x" if against else ""
    print(f"  {what:52} {seconds * 1000:10.1f} ms  {ratio:>9}  {note}", flush=True)
