"""A round: what counts as recovered after a nudge, what is credit with help, and which nudge comes next."""

from hypothesis import given
from hypothesis import strategies as st
from practice_records import NOON, days, judged, make, record

from coach.practice.rounds import Round, next_nudge, nudged, recovered, score_alone, score_with_help
from coach.terms import FollowUp, OwnVerdict, Record, Verdict

QUESTION = make("q", weights=(2.0, 1.0, 1.0, 1.0))


def first(*verdicts: Verdict, **more: object) -> Round:
    """A round whose answer has these verdicts on c0, c1, ..."""
    criteria = (judged(f"c{n}", verdict) for n, verdict in enumerate(verdicts))
    answer = record("demo/q", NOON, *criteria, **more)
    weights = {each.id: each.weight for each in QUESTION.criteria}
    return Round("demo/q", QUESTION, (answer.model_copy(update={"weights": weights}),))


def after(round_: Round, criterion: str, verdict: Verdict) -> Round:
    """The round with one more nudge about a criterion, and its verdict."""
    follow_up = FollowUp(attempt=round_.records[0].attempt.id, criterion=criterion)
    at = NOON + days(len(round_.records))
    answer: Record = record("demo/q", at, judged(criterion, verdict), follow_up=follow_up)
    return round_.then(answer)


def test_what_earns_more_after_the_nudge_is_recovered() -> None:
    round_ = after(first(Verdict.MISSED, Verdict.COVERED), "c0", Verdict.PARTIAL)
    assert recovered(round_) == {"c0": Verdict.PARTIAL}
    assert score_with_help(round_) == 66.67


def test_a_worse_answer_after_the_nudge_takes_nothing_away() -> None:
    round_ = after(first(Verdict.PARTIAL), "c0", Verdict.CONTRADICTED)
    assert recovered(round_) == {}
    assert score_with_help(round_) == 50


def test_with_hints_no_credit_is_without_help() -> None:
    assert score_alone(first(Verdict.COVERED, score=100.0)) == 100
    assert score_alone(first(Verdict.COVERED, score=100.0, hints=1)) is None


def test_nudges_go_from_the_weakest_on_and_end_after_three() -> None:
    round_ = first(Verdict.PARTIAL, Verdict.MISSED, Verdict.CONTRADICTED, Verdict.MISSED)
    asked = []
    while nudge := next_nudge(round_):
        asked.append(nudge.id)
        round_ = after(round_, nudge.id, Verdict.MISSED)
    assert asked == ["c2", "c1", "c3"]


def test_a_nudge_asks_about_its_criterion_alone() -> None:
    question = nudged(first(Verdict.MISSED), QUESTION.criterion("c0"))
    assert [each.id for each in question.criteria] == ["c0"]
    assert question.question != QUESTION.question


def test_a_persons_later_verdict_takes_the_place_of_the_earlier() -> None:
    round_ = first(Verdict.MISSED)
    for verdict in (Verdict.PARTIAL, Verdict.COVERED):
        round_ = round_.ruled(OwnVerdict(criterion="c0", verdict=verdict, author="me", at=NOON))
    assert [each.verdict for each in round_.records[0].own_verdicts] == [Verdict.COVERED]
    assert score_with_help(round_) == 100


verdicts = st.sampled_from(list(Verdict))


@given(st.lists(verdicts, min_size=4, max_size=4), st.lists(st.tuples(st.integers(0, 3), verdicts), max_size=3))
def test_help_never_lowers_the_score(said: list[Verdict], nudges: list[tuple[int, Verdict]]) -> None:
    round_ = first(*said)
    before = score_with_help(round_)
    for number, verdict in nudges:
        round_ = after(round_, f"c{number}", verdict)
    assert score_with_help(round_) == before or (score_with_help(round_) or 0) > (before or 0)
