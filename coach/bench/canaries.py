"""Six answers whose grades are known: blank, off-topic, stuffed, injected, negated, good."""

from pathlib import Path
from typing import NamedTuple

import yaml

from coach.grading import grade_all
from coach.terms import Answer, Judge, Question, Verdict

FILE = Path(__file__).parent / "canaries.yaml"


class Canary(NamedTuple):
    """An answer, and between which mean credits (0 to 1) a judge must put it."""

    name: str
    answer: str
    least: float = 0.0
    most: float = 1.0


class Song(NamedTuple):
    """What a judge made of a canary; `credit` is None where it judged nothing."""

    canary: Canary
    credit: float | None
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        """Whether the credit lies where it must; a judge that says nothing about a canary fails it."""
        return self.credit is not None and self.canary.least <= self.credit <= self.canary.most


def canaries() -> tuple[Question, tuple[Canary, ...]]:
    """The question and its six answers."""
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return Question.model_validate(data["question"]), tuple(Canary(**row) for row in data["answers"])


def sing(judge: Judge) -> list[Song]:
    """What a judge makes of the six; `unjudged` earns nothing where credit must not be given."""
    question, answers = canaries()
    pairs = [(question, Answer(id=c.name, question=question.id, text=c.answer)) for c in answers]
    return [
        Song(canary, _credit(verdicts := tuple(c.verdict for c in grade.criteria)), verdicts)
        for canary, grade in zip(answers, grade_all(pairs, judge), strict=True)
    ]


def _credit(verdicts: tuple[Verdict, ...]) -> float | None:
    earned = [v.credit for v in verdicts if v is not Verdict.UNJUDGED]
    return sum(earned) / len(earned) if earned else None
