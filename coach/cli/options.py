"""Options that several commands share."""

from pathlib import Path

import click

from coach.library import Library, load_library, shipped

DEFAULT_JUDGE = "similarity"

rubrics_option = click.option(
    "--rubrics",
    envvar="COACH_RUBRICS",
    type=click.Path(path_type=Path),
    help="A folder of banks (or one bank file) in place of the shipped banks; also COACH_RUBRICS.",
)
judge_option = click.option(
    "--judge",
    "judge_name",
    default=DEFAULT_JUDGE,
    show_default=True,
    help="Who grades: mini, mini:decided, similarity, similarity:<model>.",
)
paths_argument = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))


def library_of(rubrics: Path | None) -> Library:
    """The library of the named folder, or the shipped one."""
    return load_library(rubrics or shipped("rubrics"))
