"""The pure path: score, follow-up, feedback, and the grade they make."""

from conftest import make_question
from hypothesis import given
from hypothesis import strategies as st

from coach.grading import feedback, follow_ups, grade, grade_all, score
from coach.grading.feedback import headline
from coach.judges import ScriptedJudge
from coach.judges.scripted import always
from coach.terms import Answer, Case, Criterion, CriterionGrade, Judgement, Probabilities, Question, Verdict

verdicts = st.sampled_from(list(Verdict))
weighted = st.lists(st.tuples(st.floats(0.01, 1000), verdicts), min_size=1, max_size=12)
BETTER = {Verdict.CONTRADICTED: Verdict.PARTIAL, Verdict.MISSED: Verdict.PARTIAL, Verdict.PARTIAL: Verdict.COVERED}


@given(weighted)
def test_score_is_0_to_100_or_none_exactly_when_nothing_was_judged(pairs: list[tuple[float, Verdict]]) -> None:
    found = score(pairs)
    assert (found is None) == all(verdict is Verdict.UNJUDGED for _, verdict in pairs)
    assert found is None or 0 <= found <= 100


@given(weighted, st.floats(0.01, 1000))
def test_an_unjudged_criterion_never_moves_the_score(pairs: list[tuple[float, Verdict]], weight: float) -> None:
    assert score([*pairs, (weight, Verdict.UNJUDGED)]) == score(pairs)


@given(weighted, st.integers(0, 11))
def test_more_covered_never_lowers_the_score(pairs: list[tuple[float, Verdict]], i: int) -> None:
    weight, verdict = pairs[i % len(pairs)]
    better = list(pairs)
    better[i % len(pairs)] = (weight, BETTER.get(verdict, verdict))
    before, after = score(pairs), score(better)
    assert before is after is None or (before is not None and after is not None and after >= before)


def test_credit_is_the_weighted_mean() -> None:
    assert score([(3, Verdict.COVERED), (1, Verdict.PARTIAL), (1, Verdict.CONTRADICTED)]) == 70.0


def grades_of(*verdicts: Verdict) -> list[CriterionGrade]:
    return [CriterionGrade(id=f"c{i}", verdict=verdict) for i, verdict in enumerate(verdicts)]


def test_follow_ups_take_wrong_before_missed_before_half_made_and_heavy_before_light() -> None:
    question = make_question(1, 2, 1, 1)
    asked = [c.model_copy(update={"follow_up": f"About {c.id}?"}) for c in question.criteria]
    question = question.model_copy(update={"criteria": tuple(asked)})
    found = grades_of(Verdict.MISSED, Verdict.MISSED, Verdict.PARTIAL, Verdict.CONTRADICTED)
    assert follow_ups(question, found) == ("About c3?", "About c1?", "About c0?")


def test_nothing_is_asked_about_what_was_covered_or_could_not_be_judged() -> None:
    assert follow_ups(make_question(1, 1), grades_of(Verdict.COVERED, Verdict.UNJUDGED)) == ()


@given(st.text(), st.data())
def test_every_quote_of_a_grade_stands_in_the_answer(answer: str, data: st.DataObject) -> None:
    def script(case: Case, criterion: Criterion) -> Judgement:
        choices = st.lists(st.sampled_from(range(len(case.passages)))) if case.passages else st.just([])
        return Judgement(probabilities=Probabilities(1, 0, 0, 0), evidence=tuple(data.draw(choices)))

    for criterion in grade(make_question(1, 2), answer, ScriptedJudge(script)).criteria:
        for quote in criterion.evidence:
            assert answer[quote.start : quote.end] == quote.text


def test_a_judge_that_breaks_down_leaves_unjudged_and_its_reason() -> None:
    judge = ScriptedJudge(lambda case, criterion: Judgement(probabilities=None, failure="no reply"))
    found = grade(make_question(1, 1), "An answer.", judge)
    assert found.score is None
    assert {(c.verdict, c.reason) for c in found.criteria} == {(Verdict.UNJUDGED, "no reply")}
    assert headline(found) == "No score: nothing could be judged."


def test_an_abstention_keeps_its_probabilities_and_leaves_the_score_alone() -> None:
    def script(case: Case, criterion: Criterion) -> Judgement:
        unsure = "unsure" if criterion.id == "c0" else None
        return Judgement(probabilities=Probabilities(0.4, 0.3, 0.2, 0.1), failure=unsure)

    found = grade(make_question(5, 1), "An answer.", ScriptedJudge(script))
    assert found.score == 100
    assert found.criteria[0].probabilities == Probabilities(0.4, 0.3, 0.2, 0.1)
    assert "1 left for you to check" in headline(found)


def test_grades_come_in_the_order_of_the_answers(question: Question) -> None:
    answers = [Answer(id=str(i), question="one", text=f"Answer {i}.") for i in range(5)]
    found = grade_all([(question, answer) for answer in answers], ScriptedJudge(always(Verdict.MISSED)))
    assert [g.id for g in found] == ["0", "1", "2", "3", "4"]


def test_feedback_tells_what_was_wrong_first_and_quotes_what_was_said(question: Question) -> None:
    by_id = {"first": Verdict.COVERED, "odd": Verdict.CONTRADICTED, "square": Verdict.MISSED}

    def script(case: Case, criterion: Criterion) -> Judgement:
        return Judgement(probabilities=Probabilities.certain(by_id[criterion.id]), evidence=(0,))

    words = feedback(question, grade(question, "It comes first. It is even.", ScriptedJudge(script)))
    assert words.splitlines() == [
        "Score 50 of 100.",
        "Wrong: One is an odd number.",
        "    you said: “It comes first.”",
        "Made: One is the first natural number.",
        "    you said: “It comes first.”",
        "Missed: One is the square of itself.",
    ]
