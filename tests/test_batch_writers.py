"""Grades as CSV and Parquet."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from conftest import Coach

from coach.batch.writers.table import Kind, Table

SCRIPTED = ("--judge", "scripted")
HOSTILE = '=HYPERLINK("http://x"); said\n- first\n‮'


def write(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


def record(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "question": "one", "answer": "One is the first natural number; it is odd."} | more


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return write(
        tmp_path / "a.jsonl",
        record("plain", points=-5, share=0.5, late=True, tags=["x"], **{"=cmd": "@x"}),
        record("-minus", answer=HOSTILE, points=2, note="\udfff", mixed=1, **{"\udfff": 1}),
        record("other", question="demo/both", mixed="1"),
        record("bad", question="none", score=99, judge_model="mine", input={"kept": 1}),
    )


def graded(run: Coach, answers: Path, name: str) -> Path:
    out = answers.with_name(name)
    assert run("grade", answers, *SCRIPTED, "--out", out).exit_code == 1
    return out


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_csv_has_a_column_a_verdict_and_defuses_formulas(run: Coach, answers: Path) -> None:
    plain, minus, other, bad = read_csv(graded(run, answers, "g.csv"))
    assert list(plain)[:8] == [
        "id",
        "question",
        "answer",
        "score",
        "one/first",
        "one/odd",
        "one/square",
        "demo/both/name",
    ]
    assert (plain["one/first"], plain["one/square"], plain["demo/both/name"]) == ("covered", "missed", "")
    assert (other["demo/both/name"], other["one/first"]) == ("missed", "")
    assert (minus["id"], minus["answer"], plain["'=cmd"]) == ("'-minus", f"'{HOSTILE}", "'@x")
    assert (plain["points"], plain["share"], plain["late"], plain["tags"]) == ("-5", "0.5", "true", '["x"]')
    assert (bad["error_code"], bad["error_where"]) == ("no_such_question", f"{answers}:4")
    assert json.loads(bad["input"]) == {"kept": 1, "score": 99, "judge_model": "mine"}
    assert float(plain["score"]) == 75.0


def test_parquet_has_the_same_with_numbers_as_numbers(run: Coach, answers: Path) -> None:
    file = pq.read_table(graded(run, answers, "g.parquet"))
    plain, minus, _, bad = file.to_pylist()
    types = {name: str(file.schema.field(name).type) for name in ("score", "points", "share", "late", "mixed", "note")}
    assert types == {
        "score": "double",
        "points": "int64",
        "share": "double",
        "late": "bool",
        "mixed": "string",
        "note": "string",
    }
    assert (plain["score"], plain["points"], plain["late"], plain["mixed"]) == (75.0, -5, True, None)
    assert (minus["id"], minus["answer"], minus["note"], minus["mixed"]) == ("-minus", HOSTILE, "�", "1")
    assert (bad["score"], bad["one/first"], bad["error_code"]) == (None, None, "no_such_question")


@pytest.mark.parametrize("more", ["", "\udfff"])
def test_printed_grades_hold_no_control_characters(run: Coach, tmp_path: Path, more: str) -> None:
    controls = "".join(map(chr, (*range(32), *range(127, 160))))
    answers = write(tmp_path / "a.jsonl", record("a", answer=f"One{controls}", note=controls + more))
    printed = run("grade", answers, *SCRIPTED).stdout
    assert not set(controls) - {"\n"} & set(printed)
    assert (json.loads(printed)["answer"], json.loads(printed)["note"]) == (f"One{controls}", controls + more)


@pytest.mark.parametrize("name", ["g.csv", "g.parquet"])
def test_tables_keep_all_that_json_lines_say(run: Coach, answers: Path, name: str) -> None:
    lines = [json.loads(line) for line in graded(run, answers, "g.jsonl").read_text(encoding="utf-8").splitlines()]
    table = graded(run, answers, name)
    found = read_csv(table) if name == "g.csv" else pq.read_table(table).to_pylist()
    assert [json.loads(row["criteria"]) for row in found] == [line["criteria"] for line in lines]
    assert [row["follow_ups"].splitlines() for row in found] == [line["follow_ups"] for line in lines]
    assert [row["judge"] or None for row in found] == [line["judge"] and line["judge"]["name"] for line in lines]


@pytest.mark.parametrize("name", ["g.csv", "g.parquet"])
def test_what_was_written_can_be_graded_again(run: Coach, tmp_path: Path, name: str) -> None:
    answers = write(tmp_path / "a.jsonl", record("=a", answer=HOSTILE), record("'-b"), record("c", answer="- odd"))
    first = run("grade", answers, *SCRIPTED)
    run("grade", answers, *SCRIPTED, "--out", tmp_path / name)
    again = run("grade", tmp_path / name, *SCRIPTED)
    own = [[json.loads(line)[k] for k in ("id", "answer", "criteria")] for line in first.stdout.splitlines()]
    assert [[json.loads(line)[k] for k in ("id", "answer", "criteria")] for line in again.stdout.splitlines()] == own


@pytest.mark.parametrize("names", [("demo/one", "one"), ("one", "demo/one")])
def test_a_question_that_is_called_in_two_ways_has_one_column(
    run: Coach, tmp_path: Path, names: tuple[str, str]
) -> None:
    both = [record(f"{i}{name}", question=name) for i, name in enumerate((*names, "demo/both", "other/both"))]
    run("grade", write(tmp_path / "a.jsonl", *both), *SCRIPTED, "--out", tmp_path / "g.csv")
    found = read_csv(tmp_path / "g.csv")
    columns = ["one/first", "one/odd", "one/square", "demo/both/name", "other/both/name"]
    assert [name for name in found[0] if "/" in name] == columns
    assert [row["one/first"] for row in found] == ["covered", "covered", "", ""]
    assert [row["question"] for row in found[:2]] == list(names)


def test_an_output_of_another_kind_is_refused_before_grading(run: Coach, answers: Path) -> None:
    result = run("grade", answers, *SCRIPTED, "--out", answers.with_name("g.xlsx"))
    assert (result.exit_code, ".jsonl, .csv or .parquet" in result.stderr) == (2, True)


def test_an_output_that_is_a_folder_is_refused_before_grading(run: Coach, answers: Path) -> None:
    answers.with_name("g.jsonl").mkdir()
    result = run("grade", answers, *SCRIPTED, "--out", answers.with_name("g.jsonl"))
    assert (result.exit_code, "g.jsonl: is a folder; name a file in it" in result.stderr) == (2, True)


def test_an_output_that_is_a_link_stays_one(run: Coach, answers: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "grades.jsonl", tmp_path / "g.jsonl"
    for _ in ("not there yet", "there"):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        graded(run, answers, "g.jsonl")
        assert (link.is_symlink(), len(target.read_text(encoding="utf-8").splitlines())) == (True, 4)


def test_the_answers_are_never_written_over(run: Coach, answers: Path) -> None:
    before = answers.read_bytes()
    result = run("grade", answers, *SCRIPTED, "--out", answers)
    assert (result.exit_code, "holds the answers" in result.stderr) == (2, True)
    assert answers.read_bytes() == before


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2.5], Kind.FLOAT),
        ([None, True], Kind.BOOL),
        ([True, 1], Kind.TEXT),
        ([2**63], Kind.TEXT),
        ([None], Kind.NOTHING),
        ([[1], 1], Kind.TEXT),
    ],
)
def test_a_carried_column_holds_what_fits_all_its_values(values: list[Any], kind: Kind) -> None:
    own = dict.fromkeys(("id", "question", "answer", "score", "judge", "error")) | {"criteria": [], "follow_ups": []}
    assert Table.of(json.dumps(own | {"x": value}) for value in values).columns["x"] is kind
