"""Reports of finished grades: the numbers, what reaches the page, JUnit, the summary on a terminal."""

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Coach
from hypothesis import given
from hypothesis import strategies as st

from coach.batch import grade_line
from coach.errors import AnswerFileError, OutputError
from coach.library import Library
from coach.report import figures, read_graded, write_junit, write_report
from coach.report import page as page_module
from coach.report.page import answer_data, answer_rows, in_page
from coach.terms import CriterionGrade, Grade, GradeError, Passage, Probabilities, Receipt, Verdict

C, P, M, X, U = Verdict
HOSTILE = "</script><script>alert(1)</script><!-- \x00\x1b[31m\u202e\ufffe & \" '"
CRITERIA = ("first", "odd", "square")


def graded(name: str, *verdicts: Verdict, score: float | None = 50.0, answer: str = "One is one.") -> Grade:
    """A grade of question `one`; the quotes are the answer's first three characters."""
    evidence = (Passage(0, 3, answer[:3]),)
    criteria = [
        CriterionGrade(id=c, verdict=v, evidence=evidence, probabilities=Probabilities(0.4, 0.3, 0.2, 0.1))
        for c, v in zip(CRITERIA, verdicts, strict=False)
    ]
    receipt = Receipt(name="scripted")
    return Grade(id=name, question="one", answer=answer, score=score, criteria=tuple(criteria), judge=receipt)


def broken(name: str = "bad", message: str = "is not JSON") -> Grade:
    return Grade(
        id=name, question="", score=None, error=GradeError(code="not_json", message=message, where="a.jsonl:3")
    )


def grades_file(folder: Path, grades: Sequence[Grade]) -> Path:
    path = folder / "grades.jsonl"
    path.write_text("".join(grade_line(grade) + "\n" for grade in grades), encoding="utf-8")
    return path


def page_data(page: str, name: str) -> Any:
    found = re.search(f'id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


FOUR = [graded("a", C, M, X), graded("b", P, M, U, score=25), broken(), graded("d", U, U, U, score=None)]


def test_figures_count_answers_scores_and_verdicts() -> None:
    found = figures(FOUR)
    assert (found.answers, found.errors, found.scored, found.to_check, found.judges) == (4, 1, 2, 2, ("scripted",))
    assert (found.mean, found.median) == (37.5, 37.5)
    assert found.bands == (0, 0, 1, 0, 0, 1, 0, 0, 0, 0)
    assert [dict(c.counts) for c in found.criteria] == [{C: 1, P: 1, U: 1}, {M: 2, U: 1}, {X: 1, U: 2}]


def test_a_criterion_is_missed_by_all_when_nobody_of_several_made_it() -> None:
    found = figures(FOUR)
    assert [c.id for c in found.missed_by_all()] == ["odd"]
    assert found.missed_most() == []
    assert [c.id for c in figures([*FOUR, graded("e", C, C, C)]).missed_most()] == ["odd", "square"]


def test_what_is_contradicted_comes_with_its_quote() -> None:
    (wrong,) = figures(FOUR).contradicted()
    assert (wrong.id, wrong.quotes) == ("square", (("a", "One"),))
    assert len(figures([graded(str(i), X) for i in range(9)]).contradicted()[0].quotes) == 3


def test_no_grades_have_figures_too(tmp_path: Path, library: Library) -> None:
    found = figures([])
    assert (found.mean, found.median, sum(found.bands), found.questions) == (None, None, 0, ())
    write_report(grades_file(tmp_path, []), library, tmp_path / "r.html")
    assert page_data((tmp_path / "r.html").read_text(), "answer-data") == []


@given(st.lists(st.tuples(st.floats(0, 100) | st.none(), st.lists(st.sampled_from(Verdict), max_size=3))))
def test_every_score_is_in_one_band_and_every_verdict_counted_once(rows: list[Any]) -> None:
    found = figures(graded(str(i), *verdicts, score=score) for i, (score, verdicts) in enumerate(rows))
    assert sum(found.bands) == found.scored == sum(score is not None for score, _ in rows)
    assert found.counts.total() == sum(len(verdicts) for _, verdicts in rows)


@given(st.text())
def test_no_text_can_leave_the_json_of_a_page(text: str) -> None:
    shown = in_page({"answer": text})
    assert not set("<>&") & set(shown)
    assert json.loads(shown) == {"answer": text}


@given(st.text(min_size=1), st.data())
def test_quotes_are_found_where_javascript_counts(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, len(text)))
    quote = Passage(start, end, text[start:end])
    grade = graded("a", C, answer=text)
    moved = grade.criteria[0].model_copy(update={"evidence": (quote,)})
    ((begin, stop),) = answer_data(grade.model_copy(update={"criteria": (moved,)}))["criteria"][0]["evidence"]
    assert text.encode("utf-16-le")[2 * begin : 2 * stop].decode("utf-16-le") == quote.text


def test_abstentions_stand_first_then_errors_then_the_order_of_the_file() -> None:
    grades = [graded("a", C), broken(), graded("one", U, C), graded("b", M), graded("two", U, U)]
    assert [json.loads(row)["id"] for row in answer_rows(grades)] == ["two", "one", "bad", "a", "b"]


def test_a_page_of_too_many_answers_lists_those_to_look_at(
    tmp_path: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "MOST", 2)
    out = tmp_path / "r.html"
    write_report(grades_file(tmp_path, [*FOUR, graded("e", C)]), library, out)
    assert [row["id"] for row in page_data(out.read_text(), "answer-data")] == ["d", "b"]
    assert "The 2 answers to look at first are listed" in out.read_text()


def test_the_page_is_whole_in_itself_and_runs_only_its_own_script_and_style(tmp_path: Path, library: Library) -> None:
    write_report(grades_file(tmp_path, FOUR), library, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text()
    assert page.startswith("<!doctype html>")
    assert not re.search(r"https?:|@import|url\(|<link|\bsrc=|\son\w+=|\sstyle=", page)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    style, script = (
        re.search("<style>(.*?)</style>", page, re.DOTALL),
        re.findall("<script>(.*?)</script>", page, re.DOTALL),
    )
    assert policy and style and len(script) == 1
    for text, kind in ((style[1], "style-src"), (script[0], "script-src")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy[1]
    assert "default-src 'none'" in policy[1]


def test_hostile_text_is_escaped_wherever_it_stands(tmp_path: Path, library: Library) -> None:
    grade = graded(HOSTILE, X, M, U, answer=HOSTILE * 2)
    strange = grade.model_copy(update={"question": HOSTILE, "judge": Receipt(name=HOSTILE)})
    out = tmp_path / "r.html"
    write_report(grades_file(tmp_path, [grade, strange, broken(HOSTILE, HOSTILE)]), library, out)
    page = out.read_text()
    assert page.count("</script>") == 3 and "alert(1)</script>" not in page and "<!--" not in page
    assert not set("\x00\x1b\u202e") & set(page)
    assert page_data(page, "answer-data")[0]["answer"].startswith("</script><script>alert(1)</script><!-- ␀␛[31m�")


def test_a_question_that_is_called_in_two_ways_is_one(run: Coach, tmp_path: Path, library: Library) -> None:
    path = grades_file(tmp_path, [graded("a", C), graded("b", C).model_copy(update={"question": "demo/one"})])
    write_report(path, library, tmp_path / "g.html")
    assert list(page_data((tmp_path / "g.html").read_text(encoding="utf-8"), "question-data")) == ["one"]
    assert "questions 1" in run("report", path, "--text").stdout
    assert [library.shortest(name) for name in ("demo/both", "other/one", "gone")] == ["demo/both", "other/one", "gone"]


def test_a_question_that_the_banks_have_not_is_called_by_its_id(run: Coach, tmp_path: Path) -> None:
    path = grades_file(tmp_path, [graded("a", C).model_copy(update={"question": "gone"})])
    result = run("report", path)
    assert result.exit_code == 0
    assert "the banks have no question gone; --rubrics" in result.stderr
    assert page_data((tmp_path / "grades.html").read_text(), "question-data")["gone"]["text"] == "gone"


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "7", '{"id": "a"}', '{"id": "a", "question": "one", "answer": "x", "score": "high", "criteria": []}'],
)
def test_a_line_that_is_no_grade_is_named(tmp_path: Path, line: str) -> None:
    path = grades_file(tmp_path, [graded("a", C)])
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(AnswerFileError, match=r"grades\.jsonl:2: is no grade.*coach grade --out"):
        list(read_graded(path))


def test_a_grade_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    whole = [grade.model_copy(update={"carried": {"style": "plain"}}) for grade in FOUR]
    assert [each.grade for each in read_graded(grades_file(tmp_path, whole))] == whole


def test_unknown_keys_of_a_later_coach_are_passed_over(tmp_path: Path) -> None:
    path = grades_file(tmp_path, [graded("a", C)])
    row = json.loads(path.read_text())
    row["criteria"][0]["votes"] = 3
    path.write_text(json.dumps(row))
    assert next(read_graded(path)).grade.criteria[0].verdict is C


def test_output_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path, library: Library, run: Coach) -> None:
    path = grades_file(tmp_path, FOUR)
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(path, library, tmp_path / "none" / "r.html")
    assert run("report", path, "--out", path).exit_code == 2
    assert run("report", tmp_path / "none.jsonl").exit_code == 2
    assert [each.name for each in tmp_path.iterdir()] == ["grades.jsonl"]


def junit(folder: Path, library: Library, grades: Sequence[Grade], fail_under: float | None = None) -> ET.Element:
    out = folder / "r.xml"
    write_junit(grades_file(folder, grades), library, out, fail_under)
    return ET.parse(out).getroot()


def test_junit_has_a_test_case_an_answer(tmp_path: Path, library: Library) -> None:
    root = junit(tmp_path, library, FOUR, fail_under=30)
    (suite,) = root
    counts = {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    assert root.attrib == counts and suite.attrib == {"name": "grades.jsonl", **counts}
    kinds = [next((child.tag for child in case if child.tag != "system-out"), "passed") for case in suite]
    assert kinds == ["passed", "failure", "error", "skipped"]
    assert suite[1][0].attrib == {"message": "score 25 is under 30"}
    assert suite[2][0].attrib == {"message": "a.jsonl:3: is not JSON"}
    assert suite[0].attrib == {"classname": "one", "name": "a"}
    assert "covered      first: One" in (suite[0].findtext("system-out") or "")


def test_without_a_mark_to_reach_no_answer_fails(tmp_path: Path, library: Library) -> None:
    assert junit(tmp_path, library, FOUR).attrib["failures"] == "0"


@pytest.mark.parametrize("text", [HOSTILE, "]]>", "\ufdd0\uffff\x7f\x85\ud800"])
def test_junit_holds_only_what_xml_allows(tmp_path: Path, library: Library, text: str) -> None:
    evidence = (Passage(0, len(text), text),)
    grade = graded("a", C)
    said = grade.criteria[0].model_copy(update={"evidence": evidence})
    (suite,) = junit(tmp_path, library, [grade.model_copy(update={"criteria": (said,)}), broken("b", "bad \x0b")])
    assert suite[1][0].attrib["message"].endswith("bad ␋")
    assert "covered" in (suite[0].findtext("system-out") or "")


def test_the_summary_is_plain_where_there_is_no_terminal(run: Coach, tmp_path: Path) -> None:
    path = grades_file(tmp_path, [*FOUR, graded("\x1b[2J", X)])
    result = run("report", path, "--text")
    assert result.exit_code == 0 and "\x1b" not in result.stdout
    assert "answers 5 · questions 1 · mean score 41.7 · median 50.0 · errors 1 · answers to check 2" in result.stdout
    assert re.search(r"What is one\? +4 +41\.7 +1 +1 +2 +2 +4 *$", result.stdout, re.MULTILINE)
    assert "Missed by everyone" in result.stdout and "2 of 2" in result.stdout
    assert [each.name for each in tmp_path.iterdir()] == ["grades.jsonl"]


def answers_file(folder: Path) -> Path:
    path = folder / "answers.jsonl"
    path.write_text('{"id": "a", "question": "one", "answer": "One is the first natural number."}\nno JSON\n')
    return path


@pytest.mark.parametrize("out", ["grades.jsonl", "grades.csv", None])
def test_grading_writes_the_reports_it_is_asked_for(run: Coach, tmp_path: Path, out: str | None) -> None:
    more = ["--out", tmp_path / out] if out else []
    page, junit = tmp_path / "r.html", tmp_path / "r.xml"
    options = ["--judge", "scripted", "--report", page, "--junit", junit, "--fail-under", "99"]
    result = run("grade", answers_file(tmp_path), *options, *more)
    assert result.exit_code == 3
    assert [row["id"] for row in page_data(page.read_text(), "answer-data")] == ["", "a"]
    assert f"<title>{out or 'grades'} · grades</title>" in page.read_text()
    assert ET.parse(junit).getroot().attrib == {"tests": "2", "failures": "1", "errors": "1", "skipped": "0"}
    assert bool(result.stdout) is not bool(out)


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_graded(run: Coach, tmp_path: Path) -> None:
    answers, out = answers_file(tmp_path), tmp_path / "g.jsonl"
    nowhere = [Path("/proc/r.html")] if Path("/proc/self").exists() else []
    for place in (tmp_path / "none" / "r.html", answers, out, tmp_path / "g.jsonl.reviews.jsonl", *nowhere):
        result = run("grade", answers, "--judge", "scripted", "--out", out, "--report", place)
        assert (result.exit_code, out.exists(), str(place) in result.stderr) == (2, False, True)
    assert run("grade", answers, "--judge", "scripted", "--report", out, "--junit", out).exit_code == 2


def test_a_report_that_fails_in_the_end_withholds_no_grades(
    run: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OutputError("r.html: cannot be written: No space left on device")

    answers, out = answers_file(tmp_path), tmp_path / "g.jsonl"
    options = ["--judge", "scripted", "--out", out, "--report", tmp_path / "r.html"]
    with monkeypatch.context() as patch:
        patch.setattr("coach.report.write_report", fail)
        result = run("grade", answers, *options)
    assert (result.exit_code, f"; written to {out}\ncoach: r.html: cannot" in result.stderr) == (2, True)
    assert len(list(read_graded(out))) == 2
    assert run("grade", answers, *options).exit_code == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["answers.jsonl", "g.jsonl", "r.html"]
