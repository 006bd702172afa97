"""Answers that carry `labels`, graded and laid beside them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from coach.batch import Record
from coach.errors import AnswerFileError
from coach.grading import score
from coach.terms import Grade, Probabilities, Question, Verdict

_LABELS = {verdict.value: verdict for verdict in Verdict if verdict is not Verdict.UNJUDGED}


class Gold(NamedTuple):
    """A record with the verdict of each of its question's criteria."""

    record: Record
    question: Question
    labels: dict[str, Verdict]

    @property
    def style(self) -> str:
        """The style the answer was written in, where it says so."""
        return str(self.record.answer.carried.get("style", ""))

    @property
    def score(self) -> float:
        """The score that the labels give."""
        weighted = [(c.weight, self.labels[c.id]) for c in self.question.criteria]
        return score(weighted) or 0.0


class Sample(NamedTuple):
    """One criterion of one answer: what it is, and what the judge made of it."""

    question: str
    style: str
    gold: Verdict
    verdict: Verdict
    probabilities: Probabilities | None


def read_gold(records: Iterator[Record]) -> list[Gold]:
    """The labelled answers; AnswerFileError names every record that cannot be used."""
    golds, problems = [], []
    for record in records:
        try:
            golds.append(_gold(record))
        except ValueError as error:
            problems.append(f"{record.where}: {error}")
    if problems:
        raise AnswerFileError("\n".join(problems))
    if not golds:
        raise AnswerFileError("no labelled answer found; a record needs 'labels': {criterion id: verdict}")
    return golds


def _gold(record: Record) -> Gold:
    if record.question is None:
        raise ValueError(record.error.message if record.error else "has no question")
    return Gold(record, record.question, _checked(_labels(record.answer.carried.get("labels")), record.question))


def _labels(found: Any) -> Mapping[str, Any]:
    """The labels of a record, in CSV as JSON; those without a value are none, for Parquet has all keys in all rows."""
    try:
        labels = json.loads(found) if isinstance(found, str) else found
    except (ValueError, RecursionError):
        labels = None
    if not isinstance(labels, Mapping):
        raise ValueError("has no 'labels'; they are {criterion id: verdict}")
    return {name: verdict for name, verdict in labels.items() if verdict is not None}


def _checked(labels: Mapping[str, Any], question: Question) -> dict[str, Verdict]:
    ids = {c.id for c in question.criteria}
    if strange := labels.keys() - ids:
        raise ValueError(f"labels {', '.join(sorted(strange))}, which {question.id} has not")
    if absent := ids - labels.keys():
        raise ValueError(f"has no label for {', '.join(sorted(absent))}")
    if wrong := [v for v in map(str, labels.values()) if v not in _LABELS]:
        raise ValueError(f"{wrong[0]!r} is no verdict; allowed are {', '.join(_LABELS)}")
    return {c.id: _LABELS[labels[c.id]] for c in question.criteria}


def samples(golds: Sequence[Gold], grades: Sequence[Grade]) -> Iterator[Sample]:
    """One sample a criterion."""
    for gold, grade in zip(golds, grades, strict=True):
        for criterion in grade.criteria:
            yield Sample(
                gold.question.id, gold.style, gold.labels[criterion.id], criterion.verdict, criterion.probabilities
            )
