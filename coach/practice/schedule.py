"""When to ask what again: a card a criterion, scheduled by FSRS.

The cards follow from the history alone: `replayed` gives the same ones whenever it is asked. Intervals are whole
days, without chance. A card is due on the day of its date, in the time zone of `now`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import fsrs
from fsrs import Rating

from coach.grading import final_grade
from coach.terms import Card, CriterionGrade, Question, Record, Verdict

NEW_A_DAY = 5
"""Questions asked for the first time in a day."""
HARD, GOOD, EASY = 0.4, 0.65, 0.95
"""The least expected credit of each rating; below the first it is Again."""
LIKENESS = 0.5
"""The share of its urgency that a question loses when it has the level and tags of the one asked before."""

_FSRS = fsrs.Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


class Asked(NamedTuple):
    """A question, `bank/question`, and when it was asked."""

    question: str
    at: datetime


class Due(NamedTuple):
    """A question with a criterion that is due; `urgency` is the weight that is likely forgotten."""

    question: str
    urgency: float


def credit(judged: CriterionGrade) -> float | None:
    """The expected credit, 0 to 1, of a verdict; a person's own is certain, and unjudged has none."""
    if judged.verdict is Verdict.UNJUDGED:
        return None
    if judged.review or not judged.probabilities:
        return judged.verdict.credit
    return judged.probabilities.expected_credit


def rating(expected: float, helped: bool) -> Rating:
    """How well a criterion was recalled; with help at most Hard."""
    if expected < HARD:
        return Rating.Again
    if helped or expected < GOOD:
        return Rating.Hard
    return Rating.Good if expected < EASY else Rating.Easy


def reviewed(card: Card | None, record: Record, judged: CriterionGrade) -> Card | None:
    """The card after one more answer, None where there is neither a card nor a verdict."""
    expected = credit(judged)
    if expected is None:
        return card
    at = record.attempt.at
    memory, _ = _FSRS.review_card(_memory(card, at), rating(expected, record.attempt.helped), at)
    assert memory.stability is not None and memory.difficulty is not None
    return Card(
        question=record.attempt.question,
        criterion=judged.id,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=memory.due,
        last_review=at,
        credit=expected,
    )


def _memory(card: Card | None, at: datetime) -> fsrs.Card:
    """The card as the library has it; a state of its own it needs only before the first review."""
    if card is None:
        return fsrs.Card(card_id=0, due=at)
    return fsrs.Card(0, fsrs.State.Review, None, card.stability, card.difficulty, card.due, card.last_review)


def replayed(records: Iterable[Record]) -> list[Card]:
    """The cards that a history leads to, whatever the order of its records."""
    cards: dict[tuple[str, str], Card | None] = {}
    for record in sorted(records, key=lambda record: (record.attempt.at, record.attempt.id)):
        for judged in grade.criteria if (grade := final_grade(record)) else ():
            key = record.attempt.question, judged.id
            cards[key] = reviewed(cards.get(key), record, judged)
    return [card for card in cards.values() if card]


def recall(card: Card, now: datetime) -> float:
    """The probability that the criterion is remembered, 0 to 1; it falls from day to day."""
    return _FSRS.get_card_retrievability(_memory(card, now), now)


def is_due(card: Card, now: datetime) -> bool:
    """Whether its day has come."""
    return local_day(card.due, now) <= now.date()


def local_day(at: datetime, now: datetime) -> date:
    """The day of a moment in the time zone of `now`."""
    return at.astimezone(now.tzinfo).date()


def due_questions(questions: Mapping[str, Question], cards: Iterable[Card], now: datetime) -> list[Due]:
    """The questions with a due criterion, the most urgent first.

    Urgency is the sum of forgetting probability x weight over all criteria of the question that have a card.
    """
    decks: dict[str, list[Card]] = defaultdict(list)
    for card in cards:
        decks[card.question].append(card)
    due = [
        Due(name, sum(_forgotten(card, question, now) for card in decks[name]))
        for name, question in questions.items()
        if any(is_due(card, now) and _weight(card, question) for card in decks.get(name, ()))
    ]
    return sorted(due, key=lambda each: -each.urgency)


def _forgotten(card: Card, question: Question, now: datetime) -> float:
    return (1 - recall(card, now)) * _weight(card, question)


def _weight(card: Card, question: Question) -> float:
    """The weight of the card's criterion, 0 where the question has it no more."""
    return next((c.weight for c in question.criteria if c.id == card.criterion), 0.0)


def next_question(
    questions: Mapping[str, Question],
    cards: Iterable[Card],
    asked: Sequence[Asked],
    now: datetime,
    new_a_day: int = NEW_A_DAY,
) -> str | None:
    """The question to ask now, or None when today's work is done.

    What is due comes before what is new; of what is new, the bank's order decides. Both give way to questions
    unlike the one asked before. `asked` holds what was asked so far, in order.
    """
    before = questions.get(asked[-1].question) if asked else None
    if due := due_questions(questions, cards, now):
        return max(
            due, key=lambda each: each.urgency * (1 - LIKENESS * likeness(questions[each.question], before))
        ).question
    known = {each.question for each in asked}
    if new_today(asked, now) >= new_a_day:
        return None
    fresh = [name for name in questions if name not in known]
    return min(fresh, key=lambda name: likeness(questions[name], before), default=None)


def new_today(asked: Sequence[Asked], now: datetime) -> int:
    """Questions asked today for the first time."""
    first = {each.question: each.at for each in reversed(asked)}
    return sum(local_day(at, now) == now.date() for at in first.values())


def likeness(question: Question, other: Question | None) -> float:
    """The share of level and tags that two questions have in common, 0 to 1."""
    if other is None:
        return 0.0
    here, there = {question.level, *question.tags}, {other.level, *other.tags}
    return len(here & there) / len(here | there)
