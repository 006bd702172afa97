"""`coach review`: a person's verdicts are kept at once, override the judge's, and become gold."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from conftest import Coach
from hypothesis import given
from hypothesis import strategies as st
from test_report import C, M, P, U, X, graded, grades_file

from coach.errors import AnswerFileError
from coach.library import Library
from coach.report import Ruling, Rulings, read_graded, reviewed_grades, to_check
from coach.terms import Grade, Verdict

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
ANSWERS = [graded("sure", C, C, M, score=75), graded("doubt", U, C, M, score=50), graded("blank", U, U, U, score=None)]


@pytest.fixture
def grades(tmp_path: Path) -> Path:
    return grades_file(tmp_path, ANSWERS)


def typed(run: Coach, grades: Path, keys: str, *more: str) -> Result:
    """Go through abstentions alone; the probability of every verdict of these grades is at most 0.4."""
    return run("review", grades, "--author", "ann", "--below", "0.3", *more, stdin="".join(f"{key}\n" for key in keys))


def kept(grades: Path) -> list[tuple[str, str, str]]:
    lines = Path(f"{grades}.reviews.jsonl").read_text().splitlines()
    return [(row["id"], row["criterion"], row["verdict"]) for row in map(json.loads, lines)]


def rows(path: Path) -> dict[str, Any]:
    return {row["id"]: row for row in map(json.loads, path.read_text().splitlines())}


def test_abstentions_are_gone_through_and_kept_with_author_and_time(run: Coach, grades: Path) -> None:
    result = typed(run, grades, "cxms")
    assert result.exit_code == 0
    assert kept(grades) == [
        ("doubt", "first", "covered"),
        ("blank", "first", "contradicted"),
        ("blank", "odd", "missed"),
    ]
    assert "verdicts kept: 3" in result.stderr and "criteria left: 1" in result.stderr
    row = json.loads(Path(f"{grades}.reviews.jsonl").read_text().splitlines()[0])
    assert row["author"] == "ann"
    assert datetime.fromisoformat(row["at"]).utcoffset() is not None


def test_a_review_goes_on_where_it_stopped(run: Coach, grades: Path) -> None:
    typed(run, grades, "cq")
    assert "1 of 3" in typed(run, grades, "pmm").stdout
    assert [name for name, *_ in kept(grades)] == ["doubt", "blank", "blank", "blank"]
    again = typed(run, grades, "")
    assert again.stdout == "" and "verdicts kept: 0" in again.stderr and "criteria left: 0" in again.stderr


def test_back_takes_another_verdict_which_counts(run: Coach, grades: Path, library: Library) -> None:
    result = typed(run, grades, "cbpq")
    assert "Kept so far: covered (ann)" in result.stdout
    assert kept(grades) == [("doubt", "first", "covered"), ("doubt", "first", "partial")]
    assert next(g for g in reviewed_grades(grades, library) if g.id == "doubt").criteria[0].verdict is P


def test_the_end_of_the_input_and_wrong_keys_lose_nothing(run: Coach, grades: Path) -> None:
    result = typed(run, grades, "zC")
    assert result.exit_code == 0
    assert kept(grades) == [("doubt", "first", "covered")]


def test_doubtful_verdicts_are_asked_after_abstentions_and_an_answers_stay_together(library: Library) -> None:
    places = [(item.grade.id, item.criterion.id) for item in to_check(ANSWERS, library, 0.4)]
    names = ["first", "odd", "square"]
    assert places == [(answer, name) for answer in ("doubt", "blank", "sure") for name in names]


def test_a_person_sees_question_criterion_evidence_and_probabilities(run: Coach, tmp_path: Path) -> None:
    path = grades_file(tmp_path, [graded("a", U, answer="One\x1b[2J is odd.")])
    shown = typed(run, path, "q").stdout
    assert "»One«␛[2J is odd." in shown
    assert "What is one?" in shown and "One is the first natural number." in shown
    assert "covered 40%   partial 30%   missed 20%   contradicted 10%" in shown


def test_applied_verdicts_override_and_the_score_is_theirs(run: Coach, grades: Path, tmp_path: Path) -> None:
    typed(run, grades, "pq")
    before, out = rows(grades), tmp_path / "out.jsonl"
    result = run("review", grades, "--apply", out)
    assert (result.exit_code, "reviewed criteria: 1;" in result.stderr) == (0, True)
    after = rows(out)
    assert {name: after[name] == before[name] for name in after} == {"sure": True, "doubt": False, "blank": True}
    doubt = after["doubt"]
    assert doubt["score"] == 50.0  # (2 x 0.5 + 1 x 1 + 1 x 0) of 4
    assert doubt["follow_ups"] == ["What does it become when it is multiplied by itself?", "Where does counting begin?"]
    first = doubt["criteria"][0]
    assert (first["verdict"], first["review"]["author"], first["review"]["overrides"]) == ("partial", "ann", "unjudged")
    assert first["probabilities"] == before["doubt"]["criteria"][0]["probabilities"]
    assert doubt["criteria"][1:] == before["doubt"]["criteria"][1:]


def test_applying_keeps_what_it_does_not_know(run: Coach, grades: Path, tmp_path: Path) -> None:
    whole = [row | {"later": "ü\u2028"} for row in rows(grades).values()]
    whole[1]["criteria"][0]["votes"] = 3
    grades.write_text("".join(json.dumps(row) + "\n" for row in whole))
    typed(run, grades, "cq")
    run("review", grades, "--apply", tmp_path / "out.jsonl")
    lines = (tmp_path / "out.jsonl").read_bytes().split(b"\n")
    doubt = json.loads(lines[1])
    assert (doubt["later"], doubt["criteria"][0]["votes"], doubt["criteria"][0]["verdict"]) == ("ü\u2028", 3, "covered")


def test_applied_grades_can_be_reviewed_and_reported_again(run: Coach, grades: Path, tmp_path: Path) -> None:
    typed(run, grades, "cq")
    out = tmp_path / "out.jsonl"
    run("review", grades, "--apply", out)
    assert "of 3" in typed(run, out, "q").stdout
    assert "reviewed criteria 1" in run("report", out, "--text").stdout


def test_reports_show_the_reviewers_verdict(run: Coach, grades: Path, tmp_path: Path) -> None:
    typed(run, grades, "xq")
    run("report", grades)
    assert '"review":{"author":"ann","overrides":"unjudged"}' in (tmp_path / "grades.html").read_text()
    assert "reviewed criteria 1" in run("report", grades, "--text").stdout


def test_the_reports_of_a_run_show_the_verdicts_beside_its_output(run: Coach, grades: Path, tmp_path: Path) -> None:
    answers, page = tmp_path / "answers.jsonl", tmp_path / "r.html"
    answers.write_text('{"id": "doubt", "question": "one", "answer": "One is one."}\n')
    typed(run, grades, "xq")
    run("grade", answers, "--judge", "scripted", "--out", grades, "--report", page)
    assert '"review":{"author":"ann","overrides":"missed"}' in page.read_text()


def test_fully_reviewed_answers_are_gold_that_bench_reads(run: Coach, grades: Path, tmp_path: Path) -> None:
    typed(run, grades, "cxpm")
    gold = tmp_path / "gold.jsonl"
    result = run("review", grades, "--gold", gold)
    assert "answers of gold: 1;" in result.stderr and "criteria left to rule on: 1" in result.stderr
    assert rows(gold)["blank"]["labels"] == {"first": "contradicted", "odd": "partial", "square": "missed"}
    assert rows(gold)["blank"]["reviewers"] == ["ann"]
    bench = json.loads(run("bench", gold, "--judge", "scripted", "--json").stdout)
    assert (bench["answers"], bench["criteria"]) == (1, 3)


def test_gold_has_unique_ids_where_the_grades_have_not(run: Coach, tmp_path: Path) -> None:
    answers = ["One is one.", "One is two.", "One is three."]
    grades = grades_file(tmp_path, [graded("a", U, U, U, answer=answer) for answer in answers])
    typed(run, grades, "cccpppmmm")
    run("review", grades, "--gold", tmp_path / "gold.jsonl")
    assert list(rows(tmp_path / "gold.jsonl")) == ["a", "a:2", "a:3"]
    assert run("bench", tmp_path / "gold.jsonl", "--judge", "scripted").exit_code == 0


def test_the_judges_own_verdicts_never_become_gold(run: Coach, grades: Path, tmp_path: Path) -> None:
    typed(run, grades, "cq")
    result = run("review", grades, "--gold", tmp_path / "gold.jsonl")
    assert (result.exit_code, (tmp_path / "gold.jsonl").exists()) == (2, False)
    assert "--below 1" in result.stderr


def test_a_verdict_does_not_outlive_a_change_of_the_answer(run: Coach, grades: Path, library: Library) -> None:
    typed(run, grades, "cq")
    grades.write_text(grades.read_text().replace("One is one.", "One is two."))
    assert all(each.review is None for grade in reviewed_grades(grades, library) for each in grade.criteria)


def test_grades_of_another_rubric_are_refused_with_a_remedy(run: Coach, tmp_path: Path) -> None:
    strange = [graded("a", U).model_copy(update={"question": "gone"}), graded("b", U)]
    result = run("review", grades_file(tmp_path, strange))
    assert (result.exit_code, "--rubrics names the banks" in result.stderr) == (2, True)
    changed = strange[1].criteria[0].model_copy(update={"id": "old"})
    result = run("review", grades_file(tmp_path, [strange[1].model_copy(update={"criteria": (changed,)})]))
    assert (result.exit_code, "has no criterion 'old'" in result.stderr) == (2, True)


def ruling(verdict: Verdict = C, criterion: str = "first") -> Ruling:
    return Ruling.on(ANSWERS[0], criterion, verdict, "ann", NOON)


@pytest.mark.parametrize("torn", [b'{"id": "su', b"\xff", b'{"id"' * 9])
def test_what_a_crash_left_of_a_line_is_dropped(grades: Path, torn: bytes) -> None:
    Rulings(grades).add(ruling())
    path = Path(f"{grades}.reviews.jsonl")
    path.write_bytes(path.read_bytes() + torn)
    Rulings(grades).add(ruling(M, "odd"))
    assert kept(grades) == [("sure", "first", "covered"), ("sure", "odd", "missed")]


def test_a_last_line_without_its_end_counts_and_is_ended(grades: Path) -> None:
    Rulings(grades).add(ruling())
    path = Path(f"{grades}.reviews.jsonl")
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    assert len(Rulings(grades)) == 1
    Rulings(grades).add(ruling(M, "odd"))
    assert len(kept(grades)) == len(Rulings(grades)) == 2


@pytest.mark.parametrize("line", ["{}", "", '{"id": 1', ruling().model_dump_json().replace('"covered"', '"unjudged"')])
def test_a_line_that_is_no_review_is_named(grades: Path, line: str) -> None:
    Path(f"{grades}.reviews.jsonl").write_text(ruling().model_dump_json() + "\n" + line + "\n")
    with pytest.raises(AnswerFileError, match=r"grades\.jsonl\.reviews\.jsonl:2: is no review"):
        Rulings(grades)


@given(st.lists(st.tuples(st.sampled_from(["first", "odd"]), st.sampled_from([C, P, M, X]))))
def test_the_last_verdict_on_a_criterion_counts(tmp_path_factory: pytest.TempPathFactory, given_: list[Any]) -> None:
    path = tmp_path_factory.mktemp("reviews") / "grades.jsonl"
    for criterion, verdict in given_:
        Rulings(path).add(ruling(verdict, criterion))
    read = Rulings(path)
    found = {c: each.verdict for c in ("first", "odd") if (each := read.get(ANSWERS[0], c))}
    assert found == dict(given_)


def twins(folder: Path) -> Path:
    """Two answers of one id and text, to questions that have a criterion of one name."""
    other = graded("sure", U).model_copy(update={"question": "demo/both"})
    return grades_file(folder, [graded("sure", U), other])


def test_a_verdict_is_on_the_answer_to_its_question_alone(tmp_path: Path) -> None:
    first, other = (each.grade for each in read_graded(twins(tmp_path)))
    Rulings(tmp_path / "grades.jsonl").add(Ruling.on(first, "first", C, "ann", NOON))
    read = Rulings(tmp_path / "grades.jsonl")
    assert (read.get(first, "first") is None, read.get(other, "first") is None) == (False, True)


def test_a_verdict_that_names_no_question_counts_where_it_fits_one_alone(grades: Path, tmp_path: Path) -> None:
    unnamed = ruling().model_copy(update={"question": None}).model_dump_json(exclude_none=True)
    Path(f"{grades}.reviews.jsonl").write_text(f"{unnamed}\n")
    assert Rulings(grades).get(ANSWERS[0], "first") == ruling()
    assert len(Rulings(twins(tmp_path))) == 0


@pytest.mark.parametrize("command", [("review", "--apply"), ("review", "--gold"), ("report", "--out")])
@pytest.mark.parametrize("suffix", ["", ".reviews.jsonl"])
def test_no_output_is_written_over_the_grades_or_their_reviews(
    run: Coach, grades: Path, command: tuple[str, str], suffix: str
) -> None:
    typed(run, grades, "cxpm")
    before = [path.read_text() for path in (grades, Path(f"{grades}.reviews.jsonl"))]
    result = run(command[0], grades, command[1], f"{grades}{suffix}")
    assert (result.exit_code, "name another" in result.stderr) == (2, True)
    assert [path.read_text() for path in (grades, Path(f"{grades}.reviews.jsonl"))] == before


def test_two_outputs_in_one_file_are_refused(run: Coach, grades: Path, tmp_path: Path) -> None:
    typed(run, grades, "cxpm")
    result = run("review", grades, "--apply", tmp_path / "same", "--gold", f"{tmp_path}/../{tmp_path.name}/same")
    assert (result.exit_code, (tmp_path / "same").exists()) == (2, False)


def test_without_reviews_a_grade_is_itself(grades: Path, library: Library) -> None:
    assert list(reviewed_grades(grades, library)) == [Grade.model_validate(each) for each in ANSWERS]
