"""Rows that a model never saw, as the cases that the judge is given."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from compose import conjunction, label_of_all
from rows import DATA, FOLDS, SHORT_ANSWERS, Row, answers, authored, fold, pairs, questions, short_answers
from strangers import Strangers

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


MEASURED = {
    "h": "authored, short and close",
    "i": "authored, to negative points",
    "o": "authored, one unlike the others",
    "p": "authored, long",
}
"""The kinds of answers that were written to measure on: short ones near the points' words, right and turned; those to
points that say what is not so; those in which one point fares unlike the others; and long ones, written and spoken.
"""

CROWD = 4000
"""Tokens beside an answer among others, at most."""


def authored_rows(held: int) -> list[Row]:
    """The authored whole answers to questions of a fold."""
    rows = authored(a for a in answers(DATA, questions(DATA)) if a.id[0] not in MEASURED)
    return [row for row in rows if row.style in WHOLE and fold(row.group, FOLDS) == held]


def measured_rows(held: int, kind: str) -> list[Row]:
    """Those of a fold that were written to measure on."""
    return [row for row in authored(answers(DATA, questions(DATA), kind)) if fold(row.group, FOLDS) == held]


def compound_rows(held: int) -> list[Row]:
    """Half of the whole answers of a fold, their criteria joined two by two; what no label can be told of left out."""
    rows = authored_rows(held)
    return [row for row in map(_paired, random.Random(0).sample(rows, len(rows) // 2)) if row.criteria]


def _paired(row: Row) -> Row:
    rng = random.Random(row.answer)
    order = rng.sample(range(len(row.criteria)), len(row.criteria))
    told = {}
    for pair in zip(order[::2], order[1::2], strict=False):
        label = label_of_all([row.labels[i] for i in pair])
        if label is not None:
            told[conjunction(rng, [row.criteria[i] for i in pair])] = label
    return row._replace(criteria=tuple(told), labels=tuple(told.values()))


def crowded_rows(held: int) -> tuple[list[Row], list[Row]]:
    """A quarter of the whole answers, each amid a dozen answers to unlike questions of its fold; and without it."""
    rows = authored_rows(held)
    strangers = Strangers.among([q for q in questions(DATA).values() if fold(q.group, FOLDS) == held])
    said: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        said[row.group].append(row.answer)
    rng = random.Random(0)
    told = [
        (strangers.amid(rng, row, said, CROWD), strangers.only(rng, row, said, CROWD))
        for row in rng.sample(rows, len(rows) // 4)
    ]
    return [amid for amid, _ in told], [only for _, only in told if only.answer]


def short_rows(folder: Path, held: int) -> dict[str, list[Row]]:
    """The answers of the two SemEval sets in a fold, by set."""
    rows = [row for row in pairs(folder, SHORT_ANSWERS[:2]) if fold(row.group, FOLDS) == held]
    return {name: [row for row in rows if row.source == name] for name in SHORT_ANSWERS[:2]}


def graded_rows(folder: Path, held: int) -> list[Row]:
    """Short answers of a fold, each against one reference: those of SemEval and the authored ones."""
    every = chain(short_answers(DATA), pairs(folder, SHORT_ANSWERS[:2]))
    return [row for row in every if fold(row.group, FOLDS) == held]


def cases(rows: Sequence[Row], blank: str | None = None) -> Iterator[Case]:
    """A case for each row; with `blank` in the criteria's place for the answer-only baseline."""
    for row in rows:
        criteria = tuple(Criterion(id=f"c{i}", text=blank or text) for i, text in enumerate(row.criteria))
        question = Question(id="q", level="any", question=row.question or "?", hint="-", criteria=criteria)
        yield case_of(question, row.answer)
