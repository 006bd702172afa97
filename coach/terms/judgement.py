"""What a judge is asked and what it answers."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, NamedTuple, Protocol, Self

from pydantic import AfterValidator

from coach.terms.answer import Passage
from coach.terms.model import Noun
from coach.terms.question import Criterion, Question


class Verdict(StrEnum):
    """How an answer stands to a criterion."""

    COVERED = "covered"
    PARTIAL = "partial"
    MISSED = "missed"
    CONTRADICTED = "contradicted"
    UNJUDGED = "unjudged"

    @property
    def credit(self) -> float:
        """The share of the criterion's weight that the verdict earns, 0 to 1; unjudged has none."""
        return CREDIT[self]


def decided(verdict: Verdict) -> Verdict:
    """The verdict of a person, who may not abstain; ValueError where it is unjudged."""
    if verdict is Verdict.UNJUDGED:
        raise ValueError("a person decides: covered, partial, missed or contradicted")
    return verdict


Decided = Annotated[Verdict, AfterValidator(decided)]
"""A verdict that a person gives."""
CREDIT = {Verdict.COVERED: 1.0, Verdict.PARTIAL: 0.5, Verdict.MISSED: 0.0, Verdict.CONTRADICTED: 0.0}
JUDGED = tuple(CREDIT)


class Probabilities(NamedTuple):
    """How likely each verdict is; the four add up to 1."""

    covered: float
    partial: float
    missed: float
    contradicted: float

    @classmethod
    def certain(cls, verdict: Verdict) -> Self:
        """All of the probability on one verdict."""
        return cls(*(float(verdict is each) for each in JUDGED))

    @property
    def likeliest(self) -> Verdict:
        """The verdict with the highest probability; of equals the first."""
        return JUDGED[self.index(max(self))]

    @property
    def expected_credit(self) -> float:
        """The mean credit, 0 to 1."""
        return self.covered + 0.5 * self.partial


class Judgement(Noun):
    """A judge's answer about one criterion.

    `evidence` holds indices into the case's passages, the strongest first. A judge that
    could not decide leaves `probabilities` empty and says why in `failure`; one that
    abstains gives both. `served` is the version of its model that a provider reported with it.
    """

    probabilities: Probabilities | None
    similarity: float | None = None
    evidence: tuple[int, ...] = ()
    reason: str | None = None
    follow_up: str | None = None
    failure: str | None = None
    served: str | None = None

    @property
    def verdict(self) -> Verdict:
        """The likeliest verdict, or unjudged."""
        if self.failure is not None or self.probabilities is None:
            return Verdict.UNJUDGED
        return self.probabilities.likeliest


class Case(NamedTuple):
    """A question, an answer to it split into passages, and the criteria in question."""

    question: Question
    answer: str
    passages: tuple[Passage, ...]
    criteria: tuple[Criterion, ...]


class Judge(Protocol):
    """Anything that judges answers; `name`, `model` and `prompt` are the grade's receipt."""

    @property
    def name(self) -> str:
        """What the person called it, with what was set about it."""
        ...

    @property
    def model(self) -> str | None:
        """The hash of its weights, or a hosted model's name; it never changes."""
        ...

    @property
    def prompt(self) -> str | None:
        """The hash of its prompt, if it has one."""
        ...

    @property
    def reads_together(self) -> bool:
        """Whether what it says of a criterion depends on the case's other criteria."""
        ...

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        """One tuple a case, one judgement a criterion, in order."""
        ...


class JudgeAround:
    """What a judge that stands around another has of it: the receipt is the inner one's."""

    def __init__(self, judge: Judge) -> None:
        self.inner = judge

    @property
    def name(self) -> str:
        """The judge's."""
        return self.inner.name

    @property
    def model(self) -> str | None:
        """The judge's."""
        return self.inner.model

    @property
    def prompt(self) -> str | None:
        """The judge's."""
        return self.inner.prompt

    @property
    def reads_together(self) -> bool:
        """The judge's."""
        return self.inner.reads_together
