"""What practice has come to: mastery, streak, time, weak points, scores.

Pure functions of records and cards; days are those of the time zone of `now`, or of the `zone` that is passed in.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from statistics import fmean
from typing import NamedTuple

from coach.grading import final_grade
from coach.practice.schedule import recall
from coach.terms import Attempt, Card, Criterion, Question, Record


class Mastery(NamedTuple):
    """What an answer to each question of a group would likely earn now.

    `share` is 0 to 1: credit last earned x probability of recall, weighted; a criterion never asked counts 0.
    `seen` of `criteria` have been asked.
    """

    share: float
    seen: int
    criteria: int


class Weak(NamedTuple):
    """A criterion and the credit it would likely earn now, 0 to 1."""

    question: str
    criterion: str
    credit: float


class Scored(NamedTuple):
    """A score, 0 to 100, when it was earned, and whether with help."""

    at: datetime
    score: float
    helped: bool


class Rated(NamedTuple):
    """The score that a person expected beside the one that was earned, both 0 to 100."""

    at: datetime
    expected: float
    earned: float


def mastery_by_level(questions: Mapping[str, Question], cards: Iterable[Card], now: datetime) -> dict[str, Mastery]:
    """Mastery of each level, in the bank's order."""
    return _mastery(questions, cards, now, lambda question: (question.level,))


def mastery_by_tag(questions: Mapping[str, Question], cards: Iterable[Card], now: datetime) -> dict[str, Mastery]:
    """Mastery of each tag, in the bank's order."""
    return _mastery(questions, cards, now, lambda question: question.tags)


def _mastery(
    questions: Mapping[str, Question],
    cards: Iterable[Card],
    now: datetime,
    groups: Callable[[Question], tuple[str, ...]],
) -> dict[str, Mastery]:
    expected = _expected_credit(cards, now)
    found: dict[str, list[tuple[Criterion, float | None]]] = defaultdict(list)
    for name, question in questions.items():
        for group in groups(question):
            found[group] += [(each, expected.get((name, each.id))) for each in question.criteria]
    return {group: _mastered(each) for group, each in found.items()}


def _mastered(criteria: list[tuple[Criterion, float | None]]) -> Mastery:
    total = sum(criterion.weight for criterion, _ in criteria)
    earned = sum(criterion.weight * (credit or 0.0) for criterion, credit in criteria)
    seen = sum(credit is not None for _, credit in criteria)
    return Mastery(earned / total, seen, len(criteria))


def _expected_credit(cards: Iterable[Card], now: datetime) -> dict[tuple[str, str], float]:
    return {(card.question, card.criterion): card.credit * recall(card, now) for card in cards}


def weakest_criteria(questions: Mapping[str, Question], cards: Iterable[Card], now: datetime) -> list[Weak]:
    """The criteria that have been asked and are still in the banks, the weakest first; heavy before light."""
    weights = {(name, each.id): each.weight for name, question in questions.items() for each in question.criteria}
    known = {key: credit for key, credit in _expected_credit(cards, now).items() if key in weights}
    return [Weak(*key, known[key]) for key in sorted(known, key=lambda key: (known[key], -weights[key]))]


def calendar(attempts: Iterable[Attempt], zone: tzinfo | None) -> Counter[date]:
    """How many answers were given on each day."""
    return Counter(attempt.at.astimezone(zone).date() for attempt in attempts)


def streak(attempts: Iterable[Attempt], now: datetime) -> int:
    """Days in a row with an answer, up to today; a day that is not over yet breaks nothing."""
    days = calendar(attempts, now.tzinfo)
    last = now.date() if now.date() in days else now.date() - timedelta(days=1)
    length = 0
    while last - timedelta(days=length) in days:
        length += 1
    return length


def seconds_practised(attempts: Iterable[Attempt]) -> float:
    """Seconds spent on answers."""
    return sum(attempt.seconds for attempt in attempts)


def scores(records: Iterable[Record]) -> list[Scored]:
    """The scores of whole answers, the earliest first; follow-ups ask about one criterion and are left out."""
    found = (Scored(record.attempt.at, score, record.attempt.helped) for record, score in _scored(records))
    return sorted(found)


def self_ratings(records: Iterable[Record]) -> list[Rated]:
    """The scores that were expected beside those that were earned, the earliest first."""
    return sorted(
        Rated(record.attempt.at, record.attempt.self_rating, score)
        for record, score in _scored(records)
        if record.attempt.self_rating is not None
    )


def overconfidence(ratings: Iterable[Rated]) -> float | None:
    """By how many points of 100 a person expects more than they earn, on average; None without ratings."""
    differences = [each.expected - each.earned for each in ratings]
    return fmean(differences) if differences else None


def _scored(records: Iterable[Record]) -> Iterator[tuple[Record, float]]:
    for record in records:
        grade = final_grade(record)
        if grade and grade.score is not None and not record.attempt.follow_up:
            yield record, grade.score
