"""`coach report`, and the reports of `coach grade`."""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click

from coach.cli.options import library_of, rubrics_option
from coach.errors import OutputError
from coach.library import Library
from coach.placing import check_place
from coach.plain import plain

NAMED = 3
"""Unknown questions named in a warning."""


@click.command()
@click.argument("grades", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="The page  [default: GRADES with the suffix .html].")
@click.option("--text", is_flag=True, help="Print a summary; a page is drawn only where --out names it.")
@rubrics_option
def report(grades: Path, out: Path | None, text: bool, rubrics: Path | None) -> None:
    """Draw the grades of a JSON Lines file as one HTML page that needs no network.

    Verdicts that 'coach review' has taken stand in place of the judge's.
    """
    library = library_of(rubrics)
    if text:
        print_text(grades, library)
    if out or not text:
        draw_page(grades, library, out or grades.with_suffix(".html"))


def print_text(grades: Path, library: Library) -> None:
    """Print the summary of a grades file; in colour on a terminal."""
    from rich.console import Console

    from coach.report import figures, print_summary, reported_grades

    print_summary(figures(reported_grades(grades, library)), library, Console())


def draw_page(grades: Path, library: Library, out: Path) -> None:
    """Write the page of a grades file, and say which questions the banks have not."""
    from coach.report import keep_apart, write_report

    keep_apart(out, grades)
    unknown = sorted(write_report(grades, library, out))
    if unknown:
        names = ", ".join(unknown[:NAMED]) + (f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else "")
        click.echo(plain(f"coach: the banks have no question {names}; --rubrics names those graded by"), err=True)
    click.echo(f"coach: report written to {out}", err=True)


class Reports(NamedTuple):
    """The reports that a run is asked for."""

    page: Path | None
    junit: Path | None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where reports go."""
        return tuple(path for path in self if path)

    def check(self, answers: Sequence[Path], grades: Path | None) -> None:
        """Raise OutputError before a run where a report has no place, or would take that of another file."""
        if not self.paths:
            return
        from coach.report import keep_apart

        for n, path in enumerate(self.paths):
            if not path.parent.is_dir():
                raise OutputError(f"{path}: cannot be written: there is no folder {path.parent}; make it first")
            keep_apart(path, grades, *answers, *self.paths[:n])
            try:
                check_place(path)
            except OSError as error:
                raise OutputError(f"{path}: cannot be written: {error.strerror}; name another file") from None

    def write(self, grades: Path, library: Library, fail_under: float | None) -> None:
        """Write the reports of a file of grades."""
        from coach.report import write_junit

        if self.page:
            draw_page(grades, library, self.page)
        if self.junit:
            write_junit(grades, library, self.junit, fail_under)


def report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the reports it is asked for as one argument, `reports`."""

    @wraps(command)
    def with_reports(*args: Any, page: Path | None, junit: Path | None, **rest: Any) -> Any:
        return command(*args, reports=Reports(page, junit), **rest)

    path = click.Path(path_type=Path, dir_okay=False)
    junit = click.option("--junit", type=path, help="Also write JUnit: an answer under --fail-under is a failure.")
    return click.option("--report", "page", type=path, help="Also draw the grades as one HTML page.")(
        junit(with_reports)
    )
