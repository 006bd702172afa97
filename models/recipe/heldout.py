"""Rows that a model never saw, as the cases that the judge is given."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rows import DATA, FOLDS, SHORT_ANSWERS, Row, answers, authored, fold, pairs, questions

from coach.grading import case_of
from coach.terms import Case, Criterion, Question

WHOLE = frozenset(
    [
        "strong",
        "gaps",
        "vague",
        "wrong",
        "plain",
        "spoken",
        "stuffed",
        "injection",
        "offtopic",
        "parrot",
        "terse",
        "list",
        "story",
        "hedged",
        "second-language",
    ]
)
"""The styles that people's answers are like; the others are made to teach."""


CLOSE = "h"
"""The kind of answers that were written to measure on: short ones near the points' words, right and turned."""


def authored_rows(held: int) -> list[Row]:
    """The authored whole answers to questions of a fold."""
    rows = authored(a for a in answers(DATA, questions(DATA)) if not a.id.startswith(CLOSE))
    return [row for row in rows if row.style in WHOLE and fold(row.group, FOLDS) == held]


def close_rows(held: int) -> list[Row]:
    """Those of a fold that were written to measure on."""
    return [row for row in authored(answers(DATA, questions(DATA), CLOSE)) if fold(row.group, FOLDS) == held]


def short_rows(folder: Path, held: int) -> dict[str, list[Row]]:
    """The answers of the two SemEval sets in a fold, by set."""
    rows = [row for row in pairs(folder, SHORT_ANSWERS[:2]) if fold(row.group, FOLDS) == held]
    return {name: [row for row in rows if row.source == name] for name in SHORT_ANSWERS[:2]}


def cases(rows: Sequence[Row], blank: str | None = None) -> Iterator[Case]:
    """A case for each row; with `blank` in the criteria's place for the answer-only baseline."""
    for row in rows:
        criteria = tuple(Criterion(id=f"c{i}", text=blank or text) for i, text in enumerate(row.criteria))
        question = Question(id="q", level="any", question=row.question or "?", hint="-", criteria=criteria)
        yield case_of(question, row.answer)
