"""How many requests are under way at once, and how long a refused one waits.

Additive increase, multiplicative decrease: one more after as many successes as are allowed at once,
half after 'too many requests'. A request that waits for its next try keeps its place, so that a
provider that asks for quiet gets it.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from queue import Empty, SimpleQueue
from threading import Condition, Event, Thread
from typing import NamedTuple, TypeVar

FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
"""Seconds that bound the first wait and, after doubling, every wait."""

T = TypeVar("T")
R = TypeVar("R")


class Clock(NamedTuple):
    """Waiting, the time and chance, so that tests can bring their own; `wait` ends early when the event is set."""

    wait: Callable[[float, Event], object] = lambda seconds, stopped: stopped.wait(seconds)
    now: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random


class Pace:
    """A number of places that shrinks and grows; `epoch` counts the times it shrank."""

    def __init__(self, most: int) -> None:
        self.places, self.epoch = most, 0
        self._most = most
        self._taken = self._successes = 0
        self._changed = Condition()

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place, waited for."""
        with self._changed:
            self._changed.wait_for(lambda: self._taken < self.places)
            self._taken += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify()

    def succeeded(self) -> None:
        """One place more after a run of successes."""
        with self._changed:
            self._successes += 1
            if self._successes >= self.places and self.places < self._most:
                self.places, self._successes = self.places + 1, 0
                self._changed.notify()

    def crowded(self, epoch: int) -> None:
        """Half the places, once for all requests that were sent in the same epoch."""
        with self._changed:
            self._successes = 0
            if epoch == self.epoch:
                self.places, self.epoch = max(1, self.places // 2), epoch + 1


def backoff(attempt: int, asked: float | None, chance: float) -> float:
    """Seconds after the `attempt`th try: full jitter under a doubling bound, on top of what the provider asked for."""
    return (asked or 0.0) + chance * min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (attempt - 1))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the provider asks to wait (RFC 9110 10.2.3: seconds or a date; OpenAI's milliseconds)."""
    if "retry-after-ms" in headers:
        return _seconds(headers["retry-after-ms"], 1000)
    value = headers.get("retry-after", "")
    seconds = _seconds(value)
    return _until(value, now) if seconds is None else seconds


def _seconds(value: str, a_second: int = 1) -> float | None:
    try:
        seconds = float(value) / a_second
    except ValueError:
        return None
    return seconds if seconds >= 0 else None  # NaN is neither


def _until(date: str, now: float) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def in_order(work: Callable[[T, Event], R], items: Sequence[T], threads: int) -> list[R]:
    """What `work` makes of each item, in the items' order; the first error is raised and sets the event for the rest.

    The threads are daemons: an interrupted run does not wait for replies on their way.
    """
    stopped = Event()
    jobs: SimpleQueue[tuple[T, Future[R]]] = SimpleQueue()
    futures: list[Future[R]] = [Future() for _ in items]
    for job in zip(items, futures, strict=True):
        jobs.put(job)
    for _ in range(min(threads, len(items))):
        Thread(target=_work_off, args=(work, jobs, stopped), daemon=True).start()
    try:
        for future in wait(futures, return_when=FIRST_EXCEPTION).done:
            future.result()
        return [future.result() for future in futures]
    finally:
        stopped.set()


def _work_off(work: Callable[[T, Event], R], jobs: "SimpleQueue[tuple[T, Future[R]]]", stopped: Event) -> None:
    while not stopped.is_set():
        try:
            item, future = jobs.get_nowait()
        except Empty:
            return
        try:
            future.set_result(work(item, stopped))
        except BaseException as error:  # not swallowed: whoever waits for the future raises it
            stopped.set()
            future.set_exception(error)
