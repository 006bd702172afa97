"""What a run, or a part of one, came to."""

from collections.abc import Iterable
from typing import NamedTuple, Self

from coach.terms import Grade, Verdict


class Count(NamedTuple):
    """What one answer adds to the summary."""

    error: bool
    unjudged: int
    score: float | None

    @classmethod
    def of(cls, grade: Grade) -> Self:
        """The count of a grade."""
        unjudged = sum(criterion.verdict is Verdict.UNJUDGED for criterion in grade.criteria)
        return cls(grade.error is not None, unjudged, grade.score)


class Summary(NamedTuple):
    """What a run came to."""

    answers: int = 0
    errors: int = 0
    unjudged: int = 0
    scored: int = 0
    points: float = 0.0

    @classmethod
    def of(cls, counts: Iterable[Count]) -> Self:
        """Several answers together."""
        errors, unjudged, scores = zip(*counts, strict=True)
        known = [score for score in scores if score is not None]
        return cls(len(scores), sum(errors), sum(unjudged), len(known), sum(known))

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
