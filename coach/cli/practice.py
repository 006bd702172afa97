"""`coach` without a command: the terminal app."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from coach.judges import DEFAULT_JUDGE
from coach.library import load_library, shipped
from coach.preferences import Preferences

DEMO_ENGINE = "scripted:Nothing? was said: these are the words that a demonstration hears in every recording?"
"""A speech engine that needs no microphone; the words with a question mark are in doubt."""


def practise(ctx: click.Context, judge: str | None, rubrics: str | None, demo: bool) -> None:
    """Open the terminal app; where there is neither a terminal nor a browser to draw on, say so and exit 2."""
    if not sys.stdout.isatty() and "TEXTUAL_DRIVER" not in os.environ:  # which 'textual serve' sets
        click.echo("coach: standard output is no terminal; see 'coach --help' for commands that need none", err=True)
        ctx.exit(2)
    library = load_library(Path(rubrics) if rubrics else shipped("rubrics"))
    from coach.tui import CoachApp

    with kept(demo) as (journal, preferences):
        app = CoachApp(
            library,
            "scripted" if demo else judge or preferences.chosen.judge or DEFAULT_JUDGE,
            journal=journal,
            preferences=preferences,
        )
        if demo:
            app.engine = DEMO_ENGINE
        app.run()
    sys.stdout.flush()
    os._exit(app.return_code or 0)  # a judge at work would hold up the end; its grade is made at the next start


@contextmanager
def kept(demo: bool) -> Iterator[tuple[Path | None, Preferences]]:
    """The journal and what was chosen: in the usual places, or for a demonstration where they are gone afterwards."""
    if not demo:
        yield None, Preferences()
        return
    with TemporaryDirectory(prefix="coach-demo-") as folder:
        yield Path(folder) / "journal.sqlite", Preferences(Path(folder) / "preferences.json")
