"""What practice has come to: mastery, streak, weak points and self-knowledge, as pure figures."""

from datetime import UTC, date, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from practice_records import NOON, days, judged, make, record

from coach.library import load_library, shipped
from coach.practice import (
    STEPS,
    Rated,
    calendar,
    hints,
    mastery_by_level,
    mastery_by_tag,
    overconfidence,
    recall,
    replayed,
    scores,
    seconds_practised,
    self_ratings,
    streak,
    weakest_criteria,
)
from coach.practice.hints import TOLD, told, topic
from coach.terms import Attempt, Criterion, Question, Verdict

C, P, M, X, U = Verdict
BANK = {
    "b/one": make("one", "beginner", ("memory",), weights=(3, 1)),
    "b/two": make("two", "advanced", ("memory", "cost"), weights=(1,)),
}
WEST = timezone(timedelta(hours=-8))


def test_mastery_is_the_share_that_an_answer_would_likely_earn() -> None:
    cards = replayed([record("b/one", NOON, judged("c0", C), judged("c1", M))])
    beginner, advanced = mastery_by_level(BANK, cards, NOON).values()
    assert (beginner.share, beginner.seen, beginner.criteria) == (0.75, 2, 2)
    assert (advanced.share, advanced.seen, advanced.criteria) == (0.0, 0, 1)
    by_tag = mastery_by_tag(BANK, cards, NOON)
    assert list(by_tag) == ["memory", "cost"]
    assert by_tag["memory"].share == pytest.approx(3 / 5)


def test_mastery_fades_as_recall_does() -> None:
    cards = replayed([record("b/two", NOON, judged("c0", C))])
    later = NOON + days(30)
    assert mastery_by_level(BANK, cards, later)["advanced"].share == pytest.approx(recall(cards[0], later))


@given(st.lists(st.sampled_from(list(Verdict)), min_size=3, max_size=3), st.integers(0, 1000))
def test_mastery_is_a_share(verdicts: list[Verdict], later: int) -> None:
    first, second, third = verdicts
    records = [
        record("b/one", NOON, judged("c0", first), judged("c1", second)),
        record("b/two", NOON, judged("c0", third)),
    ]
    for each in mastery_by_tag(BANK, replayed(records), NOON + days(later)).values():
        assert 0 <= each.share <= 1 and 0 <= each.seen <= each.criteria


def test_the_weakest_criteria_come_first_heavy_before_light() -> None:
    records = [
        record("b/one", NOON, judged("c0", M), judged("c1", M)),
        record("b/two", NOON, judged("c0", P)),
        record("b/gone", NOON, judged("c0", M)),
    ]
    found = weakest_criteria(BANK, replayed(records), NOON)
    assert [(each.question, each.criterion, each.credit) for each in found] == [
        ("b/one", "c0", 0.0),
        ("b/one", "c1", 0.0),
        ("b/two", "c0", 0.5),
    ]


def attempts_on(*offsets: float) -> list[Attempt]:
    return [record("b/one", NOON - days(each), seconds=60).attempt for each in offsets]


@pytest.mark.parametrize(
    ("offsets", "length"),
    [((), 0), ((0,), 1), ((0, 0, 1, 2), 3), ((1, 2), 2), ((2, 3), 0), ((0, 2, 3), 1)],
)
def test_the_streak_counts_days_in_a_row_and_today_may_still_come(offsets: tuple[float, ...], length: int) -> None:
    assert streak(attempts_on(*offsets), NOON) == length


def test_a_day_is_the_persons_own() -> None:
    late = record("b/one", NOON - days(0.4)).attempt  # 02:24 in UTC, the evening before in the west
    assert calendar([late], UTC) == {date(2026, 1, 10): 1}
    assert calendar([late], WEST) == {date(2026, 1, 9): 1}
    assert streak([late, *attempts_on(0)], NOON) == 1
    assert streak([late, *attempts_on(0)], NOON.astimezone(WEST)) == 2


def test_time_practised_is_the_sum_over_answers() -> None:
    assert seconds_practised(attempts_on(0, 0, 5)) == 180


def test_scores_leave_follow_ups_out_and_tell_help_apart() -> None:
    nudge = {"attempt": "x", "criterion": "c0"}
    records = [
        record("b/one", NOON + days(1), judged("c0", C), score=90.0, hints=1),
        record("b/one", NOON, judged("c0", C), score=40.0),
        record("b/one", NOON, judged("c0", C), score=100.0, follow_up=nudge),
        record("b/one", NOON, judged("c0", U), score=None),
        record("b/one", NOON),
    ]
    assert [(each.at, each.score, each.helped) for each in scores(records)] == [
        (NOON, 40.0, False),
        (NOON + days(1), 90.0, True),
    ]


def test_self_ratings_stand_beside_what_was_earned() -> None:
    rated = [(80.0, 50.0), (60.0, 70.0)]
    records = [record("b/one", NOON, judged("c0", C), self_rating=said, score=got) for said, got in rated]
    records += [record("b/one", NOON, judged("c0", C), score=10.0), record("b/one", NOON, self_rating=10)]
    found = self_ratings(records)
    assert sorted(found) == sorted(Rated(NOON, *each) for each in rated)
    assert overconfidence(found) == 10.0
    assert overconfidence([]) is None


SHIPPED = [question for _, question in load_library(shipped("rubrics"))]


def test_help_goes_from_detail_over_a_topic_to_the_hint() -> None:
    question = make("one", weights=(3, 1, 3))
    assert [len(hints(question, steps)) for steps in range(5)] == [0, 1, 2, 3, 3]
    detail, _, last = hints(question, STEPS)
    assert detail == "Beginner: a strong answer makes 3 points; 2 of them weigh most."
    assert last == question.hint
    assert hints(make("one"), 1) == ("Beginner: a strong answer makes one point.",)


@pytest.mark.parametrize("question", SHIPPED, ids=lambda question: question.id)
def test_no_topic_of_the_shipped_banks_gives_its_claim_away(question: Question) -> None:
    for criterion in question.criteria:
        assert told(question, criterion, topic(question, criterion)) < TOLD
        assert criterion.text not in topic(question, criterion)


def about(text: str, follow_up: str | None) -> str:
    criterion = Criterion(id="c", text=text, follow_up=follow_up)
    asked = "How does the cache use memory?"
    question = Question(id="q", level="beginner", question=asked, hint="x", criteria=(criterion,))
    return topic(question, criterion)


def test_a_follow_up_that_says_the_claim_is_no_topic() -> None:
    claim = "The cache grows linearly with the sequence length."
    assert about(claim, "What happens as people talk on?") == "What happens as people talk on?"
    given_away = about(claim, "Does it grow linearly with sequence length?")
    assert given_away == about(claim, None) == "One point is about this in the question: cache."
    assert "goes beyond" in about("Latency rises.", None)
