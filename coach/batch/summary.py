"""What a run, or a part of one, came to."""

from collections.abc import Sequence
from typing import NamedTuple

from coach.terms import Grade, Verdict


class Summary(NamedTuple):
    """What a run came to."""

    answers: int = 0
    errors: int = 0
    unjudged: int = 0
    scored: int = 0
    points: float = 0.0

    @property
    def mean(self) -> float | None:
        """The mean score of the answers that have one."""
        return self.points / self.scored if self.scored else None

    def plus(self, other: "Summary") -> "Summary":
        """Both together."""
        return Summary(
            self.answers + other.answers,
            self.errors + other.errors,
            self.unjudged + other.unjudged,
            self.scored + other.scored,
            self.points + other.points,
        )


def summarize(grades: Sequence[Grade]) -> Summary:
    """Count what grades came to."""
    scores = [grade.score for grade in grades if grade.score is not None]
    return Summary(
        answers=len(grades),
        errors=sum(grade.error is not None for grade in grades),
        unjudged=sum(c.verdict is Verdict.UNJUDGED for grade in grades for c in grade.criteria),
        scored=len(scores),
        points=sum(scores),
    )
