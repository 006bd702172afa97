"""What makes a judge's word worth something: cache, panel, escalation, canaries, verification, the shown prompt."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Coach

from coach.bench.canaries import canaries, sing
from coach.cache import JudgementCache
from coach.errors import JudgeError
from coach.grading import case_of, grade
from coach.judges import CachedJudge, EscalatingJudge, PanelJudge, ScriptedJudge, open_judge
from coach.judges.chat.prompt import messages, nonce_for
from coach.judges.scripted import always
from coach.library import Library
from coach.terms import Case, Criterion, Judgement, Probabilities, Question, Verdict

ANSWER = "One is the first natural number. It is odd."


class Counting(ScriptedJudge):
    """A scripted judge that remembers what it was asked."""

    def __init__(self, name: str = "counting", script: object = None) -> None:
        super().__init__(script)  # type: ignore[arg-type]
        self.name = name
        self.asked: list[tuple[str, str]] = []

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        self.asked += [(case.answer, c.id) for case in cases for c in case.criteria]
        return super().judge(cases)


def sure(verdict: Verdict, probability: float) -> Judgement:
    rest = (1 - probability) / 3
    return Judgement(probabilities=Probabilities(*(probability if v is verdict else rest for v in list(Verdict)[:4])))


def saying(**verdicts: Judgement) -> object:
    return lambda _, criterion: verdicts[criterion.id]


FAILED = Judgement(probabilities=None, failure="the line is dead")


@pytest.fixture
def cache(tmp_path: Path) -> JudgementCache:
    return JudgementCache(tmp_path / "c.sqlite")


def test_a_judgement_is_asked_for_once(question: Question, cache: JudgementCache) -> None:
    judge = Counting()
    first = grade(question, ANSWER, CachedJudge(judge, cache))
    again = grade(question, ANSWER, CachedJudge(judge, cache))
    assert first == again
    assert len(judge.asked) == len(question.criteria)


def test_equal_answers_in_one_batch_are_judged_once(question: Question, cache: JudgementCache) -> None:
    judge = Counting()
    case = case_of(question, ANSWER)
    found = CachedJudge(judge, cache).judge([case, case_of(question, "Other."), case])
    assert found[0] == found[2]
    assert len(judge.asked) == 2 * len(question.criteria)


def test_an_edited_criterion_is_judged_again_alone(question: Question, cache: JudgementCache) -> None:
    judge = Counting()
    grade(question, ANSWER, CachedJudge(judge, cache))
    edited = question.criteria[0].model_copy(update={"text": "One is the very first number."})
    changed = question.model_copy(update={"criteria": (edited, *question.criteria[1:])})
    judge.asked.clear()
    grade(changed, ANSWER, CachedJudge(judge, cache))
    assert judge.asked == [(ANSWER, edited.id)]


def test_an_edited_criterion_is_judged_again_with_the_others_where_they_are_read_together(
    question: Question, cache: JudgementCache
) -> None:
    judge = Counting()
    judge.reads_together = True
    grade(question, ANSWER, CachedJudge(judge, cache))
    first = question.criteria[0].model_copy(update={"text": "Something else entirely."})
    edited = question.model_copy(update={"criteria": (first, *question.criteria[1:])})
    grade(edited, ANSWER, CachedJudge(judge, cache))
    assert len(judge.asked) == 2 * len(question.criteria)
    turned = edited.model_copy(update={"criteria": edited.criteria[::-1]})
    grade(turned, ANSWER, CachedJudge(judge, cache))
    assert len(judge.asked) == 2 * len(question.criteria)


def test_what_is_kept_stands_where_another_criterion_of_its_question_has_to_be_asked_again(
    question: Question, cache: JudgementCache
) -> None:
    first, *others = (criterion.id for criterion in question.criteria)
    kept, fresh = sure(Verdict.COVERED, 0.9), sure(Verdict.MISSED, 0.9)
    judge = Counting(script=saying(**{first: kept}, **dict.fromkeys(others, FAILED)))
    judge.reads_together = True
    grade(question, ANSWER, CachedJudge(judge, cache))
    again = Counting(script=saying(**{first: fresh}, **dict.fromkeys(others, fresh)))
    again.reads_together = True
    told = [c.verdict for c in grade(question, ANSWER, CachedJudge(again, cache)).criteria]
    assert told == [Verdict.COVERED] + [Verdict.MISSED] * len(others)
    assert [c.verdict for c in grade(question, ANSWER, CachedJudge(judge, cache)).criteria] == told


def test_another_judge_or_model_has_its_own_judgements(question: Question, cache: JudgementCache) -> None:
    grade(question, ANSWER, CachedJudge(Counting(), cache))
    for changes in ({"name": "other"}, {"model": "sha256:1"}, {"prompt": "sha256:2"}):
        judge = Counting()
        for name, value in changes.items():
            setattr(judge, name, value)
        grade(question, ANSWER, CachedJudge(judge, cache))
        assert len(judge.asked) == len(question.criteria)


def test_a_failure_is_not_kept(question: Question, cache: JudgementCache) -> None:
    judge = Counting(script=lambda *_: FAILED)
    for _ in range(2):
        grade(question, ANSWER, CachedJudge(judge, cache))
    assert len(judge.asked) == 2 * len(question.criteria)


def test_a_damaged_cache_is_set_aside(tmp_path: Path, question: Question) -> None:
    path = tmp_path / "c.sqlite"
    path.write_bytes(b"not a database at all" * 100)
    with JudgementCache(path) as cache:
        grade(question, ANSWER, CachedJudge(Counting(), cache))
    assert path.with_suffix(".damaged").exists()


@pytest.mark.parametrize("times", [1, 2])
def test_a_cache_that_another_process_begins_is_not_taken_for_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    path, connect, refusals = tmp_path / "c.sqlite", sqlite3.connect, iter(range(times))
    JudgementCache(path).put({"key": sure(Verdict.COVERED, 0.9)})

    def busy(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        if next(refusals, None) is not None:
            raise sqlite3.OperationalError("database is locked")
        return connect(*args, **kwargs)

    monkeypatch.setattr("sqlite3.connect", busy)
    if times == 1:
        assert "key" in JudgementCache(path).get(["key"])
    else:
        with pytest.raises(JudgeError, match=r"c\.sqlite: cannot be opened: database is locked; --fresh"):
            JudgementCache(path)
    assert not path.with_suffix(".damaged").exists()


def test_a_panel_means_its_members_and_shows_that_they_disagree(question: Question) -> None:
    yes, no = Counting("yes", always(Verdict.COVERED)), Counting("no", always(Verdict.MISSED))
    third = Counting("third", lambda *_: sure(Verdict.COVERED, 0.7))
    found = grade(question, ANSWER, PanelJudge([yes, no, third]))
    first = found.criteria[0]
    assert first.verdict is Verdict.COVERED
    assert first.probabilities and first.probabilities.covered == pytest.approx((1 + 0 + 0.7) / 3, abs=1e-6)
    assert first.reason == "the panel disagrees: yes says covered, no says missed, third says covered"
    assert found.judge and found.judge.name == "yes+no+third"


def test_a_member_that_fails_is_left_out_and_all_failing_is_unjudged(question: Question) -> None:
    broken = Counting("broken", lambda *_: FAILED)
    one = grade(question, ANSWER, PanelJudge([broken, Counting("yes", always(Verdict.COVERED))]))
    assert {c.verdict for c in one.criteria} == {Verdict.COVERED}
    none = grade(question, ANSWER, PanelJudge([broken, broken]))
    assert {c.verdict for c in none.criteria} == {Verdict.UNJUDGED} and none.score is None


def test_only_what_the_first_judge_is_unsure_of_goes_to_the_second(question: Question) -> None:
    said = saying(first=sure(Verdict.COVERED, 0.95), odd=sure(Verdict.MISSED, 0.5), square=FAILED)
    second = Counting("second", always(Verdict.CONTRADICTED))
    judge = EscalatingJudge(Counting("first", said), second)
    found = grade(question, ANSWER, judge)
    assert [c.verdict.value for c in found.criteria] == ["covered", "contradicted", "contradicted"]
    assert [name for _, name in second.asked] == ["odd", "square"]
    assert judge.share == pytest.approx(2 / 3)


def test_a_second_judge_that_fails_leaves_the_first_ones_word(question: Question) -> None:
    judge = EscalatingJudge(
        Counting("first", lambda *_: sure(Verdict.MISSED, 0.5)), Counting("second", lambda *_: FAILED)
    )
    assert {c.verdict for c in grade(question, ANSWER, judge).criteria} == {Verdict.MISSED}


def test_names_with_a_plus_are_a_panel_and_unknown_names_list_the_known() -> None:
    assert isinstance(open_judge("scripted+scripted"), PanelJudge)
    assert isinstance(open_judge("scripted", escalate="scripted"), EscalatingJudge)
    with pytest.raises(JudgeError, match=r"no judge is called 'nobody'(.|\n)*gguf:<model>"):
        open_judge("nobody")


def ideal(case: Case, criterion: Criterion) -> Judgement:
    """Knows the canaries."""
    if case.answer.startswith("For every token"):
        return sure(Verdict.COVERED, 0.9)
    return sure(Verdict.CONTRADICTED if "never holds" in case.answer else Verdict.MISSED, 0.9)


def test_the_six_canaries_pass_a_judge_that_knows_and_fail_one_that_credits_all() -> None:
    question, answers = canaries()
    assert [c.name for c in answers] == ["blank", "off-topic", "stuffed", "injected", "negated", "good"]
    assert len(question.criteria) == 4
    assert all(song.passed for song in sing(ScriptedJudge(ideal)))
    generous = sing(ScriptedJudge(always(Verdict.COVERED)))
    assert [song.canary.name for song in generous if song.passed] == ["good"]
    assert not any(song.passed for song in sing(ScriptedJudge(lambda *_: FAILED)))


def test_coach_canary_prints_the_table_and_its_exit_code_tells(run: Coach) -> None:
    result = run("canary", "--judge", "scripted")
    assert result.exit_code == 1
    assert "stuffed" in result.stdout and "FAILED" in result.stdout


@pytest.fixture
def grades(run: Coach, tmp_path: Path) -> Path:
    answers = tmp_path / "a.jsonl"
    answers.write_text(
        "".join(json.dumps({"id": f"a{i}", "question": "one", "answer": f"{ANSWER} {i}"}) + "\n" for i in range(4))
    )
    assert run("grade", answers, "--judge", "scripted", "--out", tmp_path / "g.jsonl").exit_code == 0
    return tmp_path / "g.jsonl"


def test_verify_finds_nothing_where_nothing_changed(run: Coach, grades: Path) -> None:
    result = run("verify", grades, "--judge", "scripted")
    assert result.exit_code == 0
    assert result.stdout.startswith("flip rate 0.0% (0 of 12 verdicts), 0 stale, 0 answers whose question is gone")
    assert "0 of 6 verdicts" in run("verify", grades, "--judge", "scripted", "--sample", "2").stdout


def test_verify_finds_flipped_verdicts_and_stale_ones(
    run: Coach, grades: Path, tmp_path: Path, library: Library
) -> None:
    rows = [json.loads(line) for line in grades.read_text().splitlines()]
    rows[0]["criteria"][0]["verdict"] = "missed"
    rows[1]["criteria"][2]["key"] = "0" * 32
    rows[2]["question"] = "gone"
    grades.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = run("verify", grades, "--judge", "scripted")
    assert result.exit_code == 1
    assert "flipped  a0/first: missed -> covered" in result.stdout
    assert "stale  a1/square" in result.stdout
    assert "gone  a2" in result.stdout


@pytest.mark.parametrize(
    ("name", "options"), [("another", "--judge another"), ("mini, then a/b", "--judge mini --escalate a/b")]
)
def test_verify_says_where_another_judge_has_graded(run: Coach, grades: Path, name: str, options: str) -> None:
    assert "graded by" not in run("verify", grades, "--judge", "scripted").stderr
    grades.write_text(grades.read_text().replace('"name":"scripted"', f'"name":"{name}"'))
    assert run("verify", grades, "--judge", "scripted").stderr == f"coach: graded by {name}; use {options}\n"


@pytest.mark.parametrize("text", ["{}\n", "[]\n", "not json\n", '{"id": 1}\n'])
def test_verify_names_a_line_that_is_no_grade(run: Coach, tmp_path: Path, text: str) -> None:
    (tmp_path / "g.jsonl").write_text(text)
    result = run("verify", tmp_path / "g.jsonl", "--judge", "scripted")
    assert (result.exit_code, "g.jsonl:1: is no grade" in result.stderr) == (2, True)


def test_prompt_show_prints_what_is_sent(run: Coach, question: Question) -> None:
    shown = run("prompt", "show", "one", "-", stdin=ANSWER).stdout
    for message in messages(case_of(question, ANSWER)):
        assert message["content"] in shown
    assert shown.count(f"ANSWER {nonce_for(ANSWER)}") == 3
    assert "[1] One is the first natural number." in shown


def test_doctor_says_what_works_and_shows_no_key(run: Coach, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "planted-secret-key")
    result = run("doctor")
    assert result.exit_code == 0
    assert "mini, the default judge (sha256:" in result.stdout
    assert "OPENAI_API_KEY is set" in result.stdout and "planted-secret-key" not in result.stdout


def test_doctor_names_the_remedy_for_what_does_not_work(
    run: Coach, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("coach.judges.mini.judge.shipped", lambda kind: tmp_path)
    result = run("doctor")
    assert (result.exit_code, "reinstall coach" in result.stdout) == (1, True)
