"""The schedule: what is likely forgotten is asked first, and help is no recall."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from math import exp
from random import Random
from statistics import fmean

import pytest
from fsrs import Rating
from hypothesis import given
from hypothesis import strategies as st
from practice_records import NOON, days, judged, make, record

from coach.practice import Asked, due_questions, is_due, next_question, rating, recall, replayed
from coach.terms import Card, OwnVerdict, Question, Record, Verdict

C, P, M, X, U = Verdict


def card(*verdicts: Verdict, **more: object) -> Card:
    """The card after an answer a day with these verdicts."""
    (found,) = replayed(record("b/q", NOON + days(n), judged("c0", v), **more) for n, v in enumerate(verdicts))
    return found


@pytest.mark.parametrize(
    ("expected", "alone", "helped"),
    [
        (0.0, Rating.Again, Rating.Again),
        (0.39, Rating.Again, Rating.Again),
        (0.5, Rating.Hard, Rating.Hard),
        (0.7, Rating.Good, Rating.Hard),
        (0.92, Rating.Good, Rating.Hard),
        (1.0, Rating.Easy, Rating.Hard),
    ],
)
def test_the_expected_credit_is_the_rating_and_help_caps_it(expected: float, alone: Rating, helped: Rating) -> None:
    assert (rating(expected, helped=False), rating(expected, helped=True)) == (alone, helped)


@given(st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_more_credit_is_never_a_lower_rating(one: float, other: float, helped: bool) -> None:
    assert rating(min(one, other), helped) <= rating(max(one, other), helped)


def test_an_unjudged_criterion_is_no_review() -> None:
    assert replayed([record("b/q", NOON, judged("c0", U))]) == []
    assert card(C, U) == card(C)


def test_an_attempt_without_a_grade_is_no_review() -> None:
    assert replayed([record("b/q", NOON)]) == []


def test_a_sure_verdict_is_remembered_longer_than_an_unsure_one() -> None:
    (sure,) = replayed([record("b/q", NOON, judged("c0", C))])
    (unsure,) = replayed([record("b/q", NOON, judged("c0", C, sure=0.6))])
    assert sure.stability > unsure.stability
    assert (sure.credit, unsure.credit) == (1.0, 0.6)


@pytest.mark.parametrize("help_", [{"hints": 1}, {"follow_up": {"attempt": "x", "criterion": "c0"}}])
def test_what_was_made_with_help_comes_back_sooner(help_: dict[str, object]) -> None:
    assert card(C, **help_).due < card(C).due


def test_a_persons_own_verdict_is_the_review() -> None:
    own = OwnVerdict(criterion="c0", verdict=C, author="ann", at=NOON)
    wrongly = record("b/q", NOON, judged("c0", M))
    (found,) = replayed([wrongly.model_copy(update={"own_verdicts": (own,)})])
    assert found == card(C)


@given(st.permutations(range(6)))
def test_the_cards_do_not_depend_on_the_order_in_which_records_come(order: list[int]) -> None:
    records = [record("b/q", NOON + days(n), judged("c0", (C, M, P)[n % 3]), judged("c1", C)) for n in range(6)]
    found = replayed(records[n] for n in order)
    assert sorted(found, key=lambda each: each.criterion) == replayed(records)


@given(st.lists(st.sampled_from([C, P, M, X]), min_size=1, max_size=8))
def test_recall_falls_from_one_and_is_about_nine_tenths_when_due(verdicts: list[Verdict]) -> None:
    found = card(*verdicts)
    last = found.last_review
    falling = [recall(found, last + days(n)) for n in range(0, 400, 20)]
    assert falling[0] == 1.0 and falling == sorted(falling, reverse=True) and falling[-1] > 0
    if found.stability >= 1:
        assert recall(found, found.due) == pytest.approx(0.9, abs=0.03)


def test_a_card_is_due_all_day_in_the_persons_time_zone() -> None:
    found, west = card(M), timezone(timedelta(hours=-8))
    assert found.due == NOON + days(1)  # 04:00 there
    assert not is_due(found, datetime(2026, 1, 10, 23, 59, tzinfo=west))
    assert is_due(found, datetime(2026, 1, 11, 0, 1, tzinfo=west))


def test_urgency_is_the_weight_that_is_likely_forgotten() -> None:
    questions = {"b/light": make("light", weights=(1, 1)), "b/heavy": make("heavy", weights=(5, 5))}
    records = [record(name, NOON, judged("c0", M), judged("c1", M)) for name in questions]
    found = due_questions(questions, replayed(records), NOON + days(3))
    forgotten = 1 - recall(replayed(records)[0], NOON + days(3))
    assert [each.question for each in found] == ["b/heavy", "b/light"]
    assert [each.urgency for each in found] == pytest.approx([10 * forgotten, 2 * forgotten])


def test_a_criterion_or_question_that_the_banks_have_no_more_is_never_due() -> None:
    cards = replayed([record("b/q", NOON, judged("gone", M)), record("b/gone", NOON, judged("c0", M))])
    assert due_questions({"b/q": make("q")}, cards, NOON + days(9)) == []


BANK = {
    "b/one": make("one", "beginner", ("memory",)),
    "b/two": make("two", "beginner", ("memory",)),
    "b/three": make("three", "advanced", ("memory",)),
    "b/four": make("four", "scenario", ("cost",)),
}


def test_new_questions_come_after_what_is_due_and_only_so_many_a_day() -> None:
    missed = record("b/two", NOON - days(1), judged("c0", M))
    asked = [Asked("b/two", missed.attempt.at)]
    assert next_question(BANK, replayed([missed]), asked, NOON) == "b/two"
    again = record("b/two", NOON, judged("c0", C))
    asked.append(Asked("b/two", NOON))
    cards = replayed([missed, again])
    for _ in range(2):
        fresh = next_question(BANK, cards, asked, NOON, new_a_day=2)
        assert fresh is not None and fresh not in {each.question for each in asked}
        asked.append(Asked(fresh, NOON))
    assert next_question(BANK, cards, asked, NOON, new_a_day=2) is None
    assert next_question(BANK, cards, asked, NOON + days(1), new_a_day=2) is not None


def test_levels_and_tags_take_turns() -> None:
    asked: list[Asked] = []
    while name := next_question(BANK, [], asked, NOON):
        asked.append(Asked(name, NOON))
    assert [each.question for each in asked] == ["b/one", "b/four", "b/two", "b/three"]
    records = [record(name, NOON, judged("c0", M)) for name in BANK]
    for before, unlike in (("b/four", "b/one"), ("b/one", "b/four"), ("b/three", "b/four")):
        due = next_question(BANK, replayed(records), [Asked(before, NOON)], NOON + days(2))
        assert due == unlike


@given(st.lists(st.tuples(st.sampled_from(sorted(BANK)), st.sampled_from([C, M, U]), st.integers(0, 20)), max_size=12))
def test_the_next_question_is_the_same_whenever_it_is_asked_for(answers: list[tuple[str, Verdict, int]]) -> None:
    records = [record(name, NOON + days(day), judged("c0", verdict)) for name, verdict, day in answers]
    asked = sorted(Asked(each.attempt.question, each.attempt.at) for each in records)
    names = {next_question(BANK, replayed(records), asked, NOON + days(21)) for _ in range(3)}
    assert len(names) == 1 and names <= {*BANK, None}


class Learner:
    """A learner who remembers a criterion with probability exp(-days / strength).

    Recalling it multiplies its strength, failing to sets it back; questions are hard, middling or easy for him.
    """

    def __init__(self, questions: dict[str, Question], seed: int) -> None:
        self.chance = Random(seed)
        self.kinds = {name: self.chance.choice(((1.0, 1.3), (4.0, 2.0), (10.0, 3.0))) for name in questions}
        self.strength: dict[tuple[str, str], float] = {}
        self.last: dict[tuple[str, str], datetime] = {}

    def forgets(self, name: str, question: Question, now: datetime) -> float:
        """How many of a question's criteria he has truly forgotten, on average."""
        return sum(self._forgets((name, each.id), now) for each in question.criteria)

    def answer(self, name: str, question: Question, now: datetime) -> Record:
        verdicts = [C if self._recalls((name, each.id), now) else M for each in question.criteria]
        return record(name, now, *(judged(f"c{n}", verdict, sure=0.85) for n, verdict in enumerate(verdicts)))

    def _forgets(self, point: tuple[str, str], now: datetime) -> float:
        return 1 - exp(-((now - self.last[point]) / days(1)) / self.strength[point]) if point in self.last else 1.0

    def _recalls(self, point: tuple[str, str], now: datetime) -> bool:
        first, gain = self.kinds[point[0]]
        recalled = self.chance.random() >= self._forgets(point, now)
        self.strength[point] = self.strength[point] * gain if recalled else first
        self.last[point] = now
        return recalled


Choose = Callable[[dict[str, Question], list[Card], list[Asked], datetime], str | None]
ENOUGH = 4
"""Questions the learner answers in a day."""


def scheduled(questions: dict[str, Question], cards: list[Card], asked: list[Asked], now: datetime) -> str | None:
    return next_question(questions, cards, asked, now, new_a_day=2)


def by_chance(questions: dict[str, Question], cards: list[Card], asked: list[Asked], now: datetime) -> str | None:
    """Any question but those of today."""
    today = {each.question for each in asked if each.at == now}
    return Random(len(asked)).choice([name for name in questions if name not in today])


def precision(choose: Choose, seed: int) -> float:
    """How often, over ninety days, what is asked was truly forgotten more than what could have been asked instead.

    It is the share of pairs of a question asked and one not asked that day, both known; 0.5 is chance, 1 is ideal.
    """
    questions = {f"b/q{n}": make(f"q{n}", weights=(1, 1)) for n in range(30)}
    learner = Learner(questions, seed)
    records: dict[str, list[Record]] = defaultdict(list)
    cards: dict[str, list[Card]] = {}
    asked: list[Asked] = []
    shares = []
    for now in (NOON + days(day) for day in range(90)):
        lost = {name: learner.forgets(name, questions[name], now) for name in cards}
        for _ in range(ENOUGH):
            name = choose(questions, [card for each in cards.values() for card in each], asked, now)
            if name is not None:
                asked.append(Asked(name, now))
                records[name].append(learner.answer(name, questions[name], now))
                cards[name] = replayed(records[name])
        today = {each.question for each in asked if each.at == now}
        shares += [lost[one] > lost[other] for one in lost if one in today for other in lost if other not in today]
    return fmean(shares)


@pytest.mark.parametrize("seed", range(2))
def test_over_ninety_days_a_learner_is_asked_what_he_forgets_first(seed: int) -> None:
    assert precision(scheduled, seed) > 0.8
    assert precision(by_chance, seed) < 0.6
