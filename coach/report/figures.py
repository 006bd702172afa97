"""What a stream of grades comes to, in numbers; memory is flat in the answers but for their scores."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from statistics import fmean, median
from typing import NamedTuple

from coach.terms import CriterionGrade, Grade, Verdict

BANDS = 10
"""Bands of the score distribution, each of ten points; the last holds 100 too."""
QUOTES = 3
"""Quotes kept of what contradicts a criterion."""


class Quote(NamedTuple):
    """Words of an answer."""

    answer: str
    text: str


class CriterionFigures(NamedTuple):
    """How often each verdict fell on a criterion, and words that contradicted it."""

    question: str
    id: str
    counts: Mapping[Verdict, int]
    quotes: tuple[Quote, ...]

    @property
    def judged(self) -> int:
        """Answers on which there is a verdict."""
        return sum(self.counts.values()) - self.counts[Verdict.UNJUDGED]

    @property
    def not_made(self) -> int:
        """Answers that missed or contradicted it."""
        return self.counts[Verdict.MISSED] + self.counts[Verdict.CONTRADICTED]


class QuestionFigures(NamedTuple):
    """The answers to one question; `mean` is 0 to 100, None where nothing could be judged."""

    id: str
    answers: int
    mean: float | None
    criteria: tuple[CriterionFigures, ...]

    @property
    def counts(self) -> Counter[Verdict]:
        """How often each verdict fell on any of its criteria."""
        return total(self.criteria)


class Figures(NamedTuple):
    """All of a grades file; `bands` counts the scores by tens."""

    answers: int
    errors: int
    scored: int
    mean: float | None
    median: float | None
    bands: tuple[int, ...]
    to_check: int
    reviewed: int
    judges: tuple[str, ...]
    questions: tuple[QuestionFigures, ...]

    @property
    def criteria(self) -> tuple[CriterionFigures, ...]:
        """The criteria of every question."""
        return tuple(criterion for question in self.questions for criterion in question.criteria)

    @property
    def counts(self) -> Counter[Verdict]:
        """How often each verdict fell on any criterion."""
        return total(self.criteria)

    def missed_by_all(self) -> list[CriterionFigures]:
        """Criteria that none of two answers or more made, the most often missed first."""
        return sorted((c for c in self.criteria if c.not_made == c.judged > 1), key=lambda c: -c.judged)

    def missed_most(self) -> list[CriterionFigures]:
        """Criteria that half of the judged answers or more did not make, the largest share first."""
        often = [c for c in self.criteria if c.judged > 1 and c.judged / 2 <= c.not_made < c.judged]
        return sorted(often, key=lambda c: -c.not_made / c.judged)

    def contradicted(self) -> list[CriterionFigures]:
        """Criteria of which an answer asserts the opposite, the most often first."""
        found = (c for c in self.criteria if c.counts[Verdict.CONTRADICTED])
        return sorted(found, key=lambda c: -c.counts[Verdict.CONTRADICTED])


def total(criteria: Iterable[CriterionFigures]) -> Counter[Verdict]:
    """The verdicts of several criteria together."""
    counts: Counter[Verdict] = Counter()
    for criterion in criteria:
        counts.update(criterion.counts)
    return counts


def figures(grades: Iterable[Grade]) -> Figures:
    """Count what grades come to; questions and criteria stand in the order in which they were met."""
    tally = _Tally()
    for grade in grades:
        tally.add(grade)
    return tally.figures()


class _Tally:
    """The counts so far."""

    def __init__(self) -> None:
        self.answers = self.errors = self.to_check = self.reviewed = 0
        self.judges: dict[str, None] = {}
        self.questions: dict[str, _QuestionTally] = {}

    def add(self, grade: Grade) -> None:
        self.answers += 1
        if grade.error:
            self.errors += 1
            return
        if grade.judge:
            self.judges[grade.judge.name] = None
        self.to_check += any(each.verdict is Verdict.UNJUDGED for each in grade.criteria)
        self.reviewed += sum(each.review is not None for each in grade.criteria)
        self.questions.setdefault(grade.question, _QuestionTally(grade.question)).add(grade)

    def figures(self) -> Figures:
        scores = array("d", (score for question in self.questions.values() for score in question.scores))
        bands = Counter(min(BANDS - 1, int(score * BANDS // 100)) for score in scores)
        return Figures(
            answers=self.answers,
            errors=self.errors,
            scored=len(scores),
            mean=fmean(scores) if scores else None,
            median=median(scores) if scores else None,
            bands=tuple(bands[i] for i in range(BANDS)),
            to_check=self.to_check,
            reviewed=self.reviewed,
            judges=tuple(self.judges),
            questions=tuple(question.figures() for question in self.questions.values()),
        )


class _QuestionTally:
    """The counts so far of one question."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.answers = 0
        self.scores = array("d")
        self.counts: dict[str, Counter[Verdict]] = {}
        self.quotes: dict[str, list[Quote]] = {}

    def add(self, grade: Grade) -> None:
        self.answers += 1
        if grade.score is not None:
            self.scores.append(grade.score)
        for each in grade.criteria:
            self.counts.setdefault(each.id, Counter())[each.verdict] += 1
            kept = self.quotes.setdefault(each.id, [])
            kept += islice(_contradictions(grade, each), QUOTES - len(kept))

    def figures(self) -> QuestionFigures:
        criteria = tuple(
            CriterionFigures(self.name, name, counts, tuple(self.quotes[name])) for name, counts in self.counts.items()
        )
        return QuestionFigures(self.name, self.answers, fmean(self.scores) if self.scores else None, criteria)


def _contradictions(grade: Grade, judged: CriterionGrade) -> Iterator[Quote]:
    """The strongest quote of a contradicted criterion."""
    if judged.verdict is Verdict.CONTRADICTED:
        yield Quote(grade.id, judged.evidence[0].text if judged.evidence else "")
