"""What grades come to, on a terminal."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from coach.grading.feedback import SIGNS
from coach.library import Library
from coach.plain import plain
from coach.report.figures import CriterionFigures, Figures
from coach.report.texts import Texts
from coach.terms import Verdict

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

STYLES = {
    Verdict.COVERED: "green",
    Verdict.PARTIAL: "yellow",
    Verdict.MISSED: "dim",
    Verdict.CONTRADICTED: "red",
    Verdict.UNJUDGED: "magenta",
}
BAR = 40
"""Cells of the longest bar."""
SHOWN = 10
"""Criteria listed under a heading."""


def print_summary(found: Figures, library: Library, console: "Console") -> None:
    """Print the score distribution, the verdicts by question, and what was missed and contradicted."""
    console.print(headline(found) + "\n", soft_wrap=True, highlight=False, markup=False)
    for table in _tables(found, Texts(library)):
        console.print(table)


def headline(found: Figures) -> str:
    """A grades file in a line."""
    parts = {
        "answers": str(found.answers),
        "questions": str(len(found.questions)),
        "mean score": "-" if found.mean is None else f"{found.mean:.1f}",
        "median": "-" if found.median is None else f"{found.median:.1f}",
        "errors": str(found.errors),
        "answers to check": str(found.to_check),
        "reviewed criteria": str(found.reviewed),
        "judged by": plain(", ".join(found.judges)) or "nobody",
    }
    return " · ".join(f"{name} {value}" for name, value in parts.items())


def _tables(found: Figures, texts: Texts) -> "Iterator[Table]":
    yield _distribution(found)
    yield _questions(found, texts)
    yield from _listed("Missed by everyone", found.missed_by_all(), texts)
    yield from _listed("Missed most", found.missed_most(), texts)
    yield from _listed("Contradicted", found.contradicted(), texts, Verdict.CONTRADICTED)


def _table(title: str) -> "Table":
    from rich import box
    from rich.table import Table

    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)


def _distribution(found: Figures) -> "Table":
    table = _table("Scores")
    table.add_column("score", justify="right")
    table.add_column("answers", justify="right")
    table.add_column("")
    longest = max([1, *found.bands])
    for band, count in enumerate(found.bands):
        table.add_row(f"{band * 10}-{band * 10 + 10}", str(count), "█" * round(BAR * count / longest))
    return table


def _questions(found: Figures, texts: Texts) -> "Table":
    legend = "   ".join(f"{sign} {verdict}" for verdict, sign in SIGNS.items())
    table = _table(f"Questions    {legend}")
    table.add_column("question")
    for name in ("answers", "mean"):
        table.add_column(name, justify="right", no_wrap=True)
    for verdict, style in STYLES.items():
        table.add_column(SIGNS[verdict], justify="right", style=style, no_wrap=True)
    for question in found.questions:
        mean = "-" if question.mean is None else f"{question.mean:.1f}"
        counts = (str(question.counts[verdict]) for verdict in STYLES)
        table.add_row(_cell(texts.question(question.id)), str(question.answers), mean, *counts)
    return table


def _listed(
    title: str, criteria: Iterable[CriterionFigures], texts: Texts, verdict: Verdict | None = None
) -> "Iterator[Table]":
    """The first criteria of a list with how many of the judged answers are concerned; nothing for an empty list."""
    rows = list(criteria)
    if not rows:
        return
    more = f", {SHOWN} of {len(rows)}" if len(rows) > SHOWN else ""
    table = _table(title + more)
    table.add_column("answers", justify="right", no_wrap=True)
    table.add_column("criterion")
    for each in rows[:SHOWN]:
        count = each.counts[verdict] if verdict else each.not_made
        table.add_row(
            f"{count} of {each.judged}", _cell(f"{texts.criterion(each.question, each.id)} ({each.question})")
        )
    yield table


def _cell(text: str) -> "Text":
    from rich.text import Text

    return Text(plain(text))
