"""Rows that a model never saw, as the cases that the judge is given."""

import random
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


def authored_rows(held: int) -> list[Row]:
    """The criteria of authored whole answers in a fold."""
    rows = authored(answers(DATA, questions(DATA)))
    return [row for row in rows if row.style in WHOLE and fold(row.group, FOLDS) == held]


def short_rows(folder: Path, held: int) -> dict[str, list[Row]]:
    """The answers of the two SemEval sets in a fold, by set."""
    rows = [row for row in pairs(folder, SHORT_ANSWERS[:2]) if fold(row.group, FOLDS) == held]
    return {name: [row for row in rows if row.source == name] for name in SHORT_ANSWERS[:2]}


def sampled(rows: Sequence[Row], most: int) -> list[Row]:
    """At most so many of them, the same each time."""
    return random.Random(0).sample(list(rows), min(most, len(rows)))


def cases(rows: Sequence[Row], blank: str | None = None) -> Iterator[Case]:
    """A case of one criterion for each row; with `blank` in the criterion's place for the answer-only baseline."""
    for row in rows:
        criterion = Criterion(id="c", text=blank or row.criterion)
        question = Question(id="q", level="any", question=row.question or "?", hint="-", criteria=(criterion,))
        yield case_of(question, row.answer)
