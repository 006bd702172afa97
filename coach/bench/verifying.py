"""Grades judged again: how many verdicts flip, and which rest on something that has changed since."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from coach.grading import grade_all
from coach.library import Library
from coach.terms import Answer, CriterionGrade, Grade, Judge, Question


class Graded(NamedTuple):
    """A line of a grades file whose question is still in the library."""

    question: Question
    answer: Answer
    criteria: Mapping[str, Mapping[str, Any]]


class Verification(NamedTuple):
    """What grading again came to, in criteria."""

    compared: int
    flipped: tuple[str, ...]
    stale: tuple[str, ...]
    gone: tuple[str, ...]

    @property
    def flip_rate(self) -> float:
        """The share of verdicts that changed although nothing they rest on did."""
        return len(self.flipped) / self.compared if self.compared else 0.0


def read_grades(rows: Sequence[Mapping[str, Any]], library: Library) -> tuple[list[Graded], list[str]]:
    """The graded answers among the rows, and the ids of those whose question is gone."""
    found, gone = [], []
    for row in rows:
        if row.get("error"):
            continue
        try:
            question = library.find(row["question"])
        except KeyError:
            gone.append(str(row["id"]))
            continue
        answer = Answer(id=str(row["id"]), question=row["question"], text=row["answer"])
        found.append(Graded(question, answer, {c["id"]: c for c in row["criteria"]}))
    return found, gone


def verify(graded: Sequence[Graded], gone: Sequence[str], judge: Judge, sample: int | None = None) -> Verification:
    """Grade again (a random sample, the same each time) and compare criterion by criterion."""
    chosen = list(graded) if sample is None else random.Random(0).sample(list(graded), min(sample, len(graded)))
    again = grade_all([(each.question, each.answer) for each in chosen], judge)
    pairs = [pair for each, grade in zip(chosen, again, strict=True) for pair in _pairs(each, grade)]
    stale = tuple(name for name, old, new in pairs if old is None or old.get("key") != new.key)
    fresh = [(name, old, new) for name, old, new in pairs if old is not None and old.get("key") == new.key]
    flipped = tuple(
        f"{name}: {old['verdict']} -> {new.verdict}" for name, old, new in fresh if old["verdict"] != new.verdict
    )
    return Verification(len(fresh), flipped, stale, tuple(gone))


def _pairs(each: Graded, grade: Grade) -> Iterator[tuple[str, Mapping[str, Any], CriterionGrade]]:
    for criterion in grade.criteria:
        yield f"{each.answer.id}/{criterion.id}", each.criteria.get(criterion.id, {}), criterion
