"""`coach` without a command: the terminal app."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from coach.cli.options import DEFAULT_JUDGE, library_of


def practise(ctx: click.Context, judge: str | None, rubrics: str | None, demo: bool) -> None:
    """Open the terminal app; where there is no terminal, say so and exit 2."""
    if not sys.stdout.isatty():
        click.echo("coach: standard output is no terminal; see 'coach --help' for commands that need none", err=True)
        ctx.exit(2)
    library = library_of(Path(rubrics) if rubrics else None)
    from coach.tui import CoachApp

    with journal_of(demo) as journal:
        app = CoachApp(library, "scripted" if demo else judge or DEFAULT_JUDGE, journal=journal)
        app.run()
    ctx.exit(app.return_code or 0)


@contextmanager
def journal_of(demo: bool) -> Iterator[Path | None]:
    """Where practice is kept: in the usual place, or for a demonstration where it is gone afterwards."""
    if not demo:
        yield None
        return
    with TemporaryDirectory(prefix="coach-demo-") as folder:
        yield Path(folder) / "journal.sqlite"
