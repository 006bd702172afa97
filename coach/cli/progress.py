"""How far a run is, on standard error."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import click

from coach.batch import Progress, Summary

EVERY = 10.0
"""Seconds between two lines where standard error is no terminal."""


@contextmanager
def progress_on_stderr(
    quiet: bool, alone: bool, total: Callable[[], int | None], spending: Callable[[], str]
) -> Iterator[Progress]:
    """A bar on a terminal that it has alone, a line every so often elsewhere; `total` counts the answers if it can."""
    if quiet:
        yield lambda summary: None
    elif alone and sys.stderr.isatty():
        with _bar(total(), spending) as progress:
            yield progress
    else:
        yield PlainProgress(total, spending)


class PlainProgress:
    """Lines with what was done, the rate since the line before, the time left and the errors so far."""

    def __init__(
        self, total: Callable[[], int | None], spending: Callable[[], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total, self._spending, self._clock = total, spending, clock
        self._at, self._answers = clock(), 0

    def __call__(self, summary: Summary) -> None:
        """Print a line where it is time for one."""
        now = self._clock()
        if now - self._at < EVERY:
            return
        rate = (summary.answers - self._answers) / (now - self._at)
        self._at, self._answers = now, summary.answers
        click.echo("coach: " + ", ".join(self._parts(summary, rate)), err=True)

    def _parts(self, summary: Summary, rate: float) -> Iterator[str]:
        total = self._total()
        yield f"{summary.answers:,} of {total:,} answers" if total else f"{summary.answers:,} answers"
        yield f"{rate:,.1f} a second"
        if total:
            yield f"{timedelta(seconds=round((total - summary.answers) / rate))} left"
        yield from _told(summary, self._spending())


@contextmanager
def _bar(total: int | None, spending: Callable[[], str]) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("answers"), TimeRemainingColumn())
    with Bar(
        *columns,
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # it would draw on the terminal what is meant for a file or a pipe
    ) as bar:
        task = bar.add_task("", total=total)

        def update(summary: Summary) -> None:
            speed = bar.tasks[task].speed
            rate = [f"{speed:,.1f} a second"] if speed else []
            bar.update(task, completed=summary.answers, description=", ".join([*rate, *_told(summary, spending())]))

        yield update


def _told(summary: Summary, spending: str) -> list[str]:
    """What is worth saying only where there is any."""
    return ([f"{summary.errors:,} errors"] if summary.errors else []) + ([spending] if spending else [])
