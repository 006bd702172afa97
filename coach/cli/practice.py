"""`coach` without a command: the terminal app."""

import sys
from pathlib import Path

import click

from coach.cli.options import DEFAULT_JUDGE, library_of


def practise(ctx: click.Context, judge: str | None, rubrics: str | None) -> None:
    """Open the terminal app; where there is no terminal, say so and exit 2."""
    if not sys.stdout.isatty():
        click.echo("coach: standard output is no terminal; see 'coach --help' for commands that need none", err=True)
        ctx.exit(2)
    library = library_of(Path(rubrics) if rubrics else None)
    from coach.tui import CoachApp

    CoachApp(library, judge or DEFAULT_JUDGE).run()
