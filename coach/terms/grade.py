"""The outcome: what an answer covered, by which words, and what to ask next."""

from datetime import datetime
from typing import Any, Self

from pydantic import AwareDatetime, Field

from coach.terms.answer import Passage
from coach.terms.judgement import Probabilities, Verdict
from coach.terms.model import Noun


class Receipt(Noun):
    """Which judge gave the grade: its name, the hash of its weights and of its prompt."""

    name: str
    model: str | None = None
    prompt: str | None = None


class GradeError(Noun):
    """Why an answer has no grade; `where` is `file:line`."""

    code: str
    message: str
    where: str


class Review(Noun):
    """A person's verdict in place of the judge's: whose it is, since when, and what it overrides."""

    author: str
    at: AwareDatetime
    overrides: Verdict


class CriterionGrade(Noun):
    """The verdict on one criterion with the quotes it rests on; `key` is the hash of all that decided it."""

    id: str
    key: str | None = None
    verdict: Verdict
    probabilities: Probabilities | None = None
    similarity: float | None = None
    evidence: tuple[Passage, ...] = ()
    reason: str | None = None
    follow_up: str | None = None
    review: Review | None = None

    @property
    def confidence(self) -> float | None:
        """The probability of the likeliest verdict."""
        return max(self.probabilities) if self.probabilities else None

    def overruled(self, verdict: Verdict, author: str, at: datetime) -> Self:
        """The same with a person's verdict in the judge's place; what the judge said stays in the review."""
        overrides = self.review.overrides if self.review else self.verdict
        return self.model_copy(update={"verdict": verdict, "review": Review(author=author, at=at, overrides=overrides)})


class Grade(Noun):
    """The grade of one answer; `score` is 0 to 100, or None when nothing could be judged."""

    id: str
    question: str
    answer: str = ""
    score: float | None
    criteria: tuple[CriterionGrade, ...] = ()
    follow_ups: tuple[str, ...] = ()
    judge: Receipt | None = None
    error: GradeError | None = None
    carried: dict[str, Any] = Field(default_factory=dict)
