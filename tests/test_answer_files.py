"""`coach grade` on files of answers."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import BANKS, HERE, Coach
from hypothesis import given
from hypothesis import strategies as st

from coach.batch import RunJournal
from coach.batch.run import CHUNK
from coach.judges import ScriptedJudge
from coach.terms import Case, Judgement, Receipt, writable

BAD = sorted((HERE / "bad_answers").glob("*.jsonl"))
MESSAGES: dict[str, list[list[Any]]] = json.loads((HERE / "bad_answers" / "messages.json").read_text(encoding="utf-8"))
SCRIPTED = ("--judge", "scripted")


def record(i: int, **more: Any) -> str:
    return json.dumps({"id": f"a{i}", "question": "one", "answer": f"One is the first number, said {i}."} | more)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_malformed_record_gets_its_message_and_stops_nothing(run: Coach, path: Path) -> None:
    result = run("grade", path, *SCRIPTED)
    errors = [row["error"] for row in rows(result.stdout) if row["error"]]
    lines = sum(bool(line.strip()) for line in path.read_bytes().splitlines())
    assert [[int(e["where"].rpartition(":")[2]), e["code"]] for e in errors] == [m[:2] for m in MESSAGES[path.stem]]
    assert all(e["message"].startswith(m[2]) for e, m in zip(errors, MESSAGES[path.stem], strict=True))
    assert len(rows(result.stdout)) == lines
    assert all(row["score"] is not None for row in rows(result.stdout) if not row["error"])
    assert result.exit_code == 1


def test_grades_come_in_input_order_with_the_contracts_keys(run: Coach, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", *(record(i) for i in range(100)))
    result = run("grade", path, *SCRIPTED)
    found = rows(result.stdout)
    assert result.exit_code == 0
    assert [row["id"] for row in found] == [f"a{i}" for i in range(100)]
    first = found[0]
    assert list(first)[:3] == ["id", "question", "answer"]
    assert {"score", "criteria", "follow_ups", "judge", "error"} <= first.keys()
    assert first["judge"] == {"name": "scripted", "model": None, "prompt": None}
    assert set(first["criteria"][0]) == {"id", "verdict", "probabilities", "similarity", "evidence", "key"}
    for quote in first["criteria"][0]["evidence"]:
        assert first["answer"][quote["start"] : quote["end"]] == quote["text"]


def test_other_keys_are_carried_untouched_and_never_write_over_a_grade(run: Coach, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", record(1, style="plain", nested={"x": [1, None]}, score=99))
    (row,) = rows(run("grade", path, *SCRIPTED).stdout)
    assert (row["style"], row["nested"], row["input"]) == ("plain", {"x": [1, None]}, {"score": 99})
    assert row["score"] != 99


@pytest.mark.parametrize(
    "wrong", [{"answer": ["a", "b"]}, {"answer": 3.5, "input": 1}, {"question": [{"a": 1}]}, {"id": 1.5}, {"id": True}]
)
def test_a_key_of_a_wrong_type_keeps_its_value(run: Coach, tmp_path: Path, wrong: dict[str, Any]) -> None:
    (row,) = rows(run("grade", write(tmp_path / "a.jsonl", record(1, **wrong)), *SCRIPTED).stdout)
    assert (row["error"]["code"], row["input"]) == ("wrong_type", wrong)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_json_cannot_hold_is_an_error_and_never_written(run: Coach, tmp_path: Path, number: str) -> None:
    line = f'{{"id": "a", "question": "one", "answer": "x", "share": [{number}]}}'
    (row,) = rows(run("grade", write(tmp_path / "a.jsonl", line), *SCRIPTED).stdout)
    assert (row["error"]["code"], row["input"]) == ("not_json", line)
    assert row["error"]["message"].startswith(f"is not JSON: {number} is no number that JSON can hold;")


def test_an_id_may_be_a_whole_number(run: Coach, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", record(1, id=7), record(1, id=8.0), record(1, id=-1e3))
    assert [row["id"] for row in rows(run("grade", path, *SCRIPTED).stdout)] == ["7", "8", "-1000"]


def test_standard_input_is_a_file_too(run: Coach) -> None:
    result = run("grade", "-", *SCRIPTED, stdin=record(1) + "\n{bad\n")
    good, bad = rows(result.stdout)
    assert (good["id"], bad["error"]["where"]) == ("a1", "<stdin>:2")


def test_several_files_are_one_batch_and_ids_are_unique_in_each(run: Coach, tmp_path: Path) -> None:
    paths = [write(tmp_path / name, record(1)) for name in ("a.jsonl", "b.jsonl")]
    result = run("grade", *paths, *SCRIPTED)
    assert (result.exit_code, len(rows(result.stdout))) == (0, 2)


@pytest.mark.parametrize(("first", "rest"), [("\ufeff", ""), ("", "\r"), ("\n\n", "")])
def test_a_byte_order_mark_windows_line_ends_and_blank_lines_are_no_problem(
    run: Coach, tmp_path: Path, first: str, rest: str
) -> None:
    (tmp_path / "a.jsonl").write_text(f"{first}{record(1)}{rest}\n{record(2)}{rest}", encoding="utf-8", newline="")
    assert [row["id"] for row in rows(run("grade", tmp_path / "a.jsonl", *SCRIPTED).stdout)] == ["a1", "a2"]


def test_lone_surrogates_are_replaced_and_offsets_stay(run: Coach, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"id": "a", "question": "one", "answer": "One \\ud800 first.", "k": "\\udfff"}')
    (row,) = rows(run("grade", path, *SCRIPTED).stdout)
    assert (row["answer"], row["k"]) == ("One \ufffd first.", "\udfff")


@given(st.text(st.characters(exclude_categories=[])))
def test_writable_texts_can_be_encoded_and_keep_their_length(text: str) -> None:
    clean = writable(text)
    assert len(clean) == len(text)
    clean.encode()


def test_out_is_written_whole_and_leaves_nothing_behind(run: Coach, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", *(record(i) for i in range(70)))
    printed = run("grade", path, *SCRIPTED).stdout
    result = run("grade", path, *SCRIPTED, "--out", tmp_path / "g.jsonl")
    assert result.exit_code == 0
    assert (tmp_path / "g.jsonl").read_text(encoding="utf-8") == printed
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jsonl", "g.jsonl"]


def test_fail_under_is_exit_3_and_says_why(run: Coach, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", record(1))
    result = run("grade", path, *SCRIPTED, "--fail-under", "100")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (3, "coach: mean score 75.0 is under --fail-under 100")
    assert run("grade", path, *SCRIPTED, "--fail-under", "1").exit_code == 0
    result = run("grade", write(path, "no JSON"), *SCRIPTED, "--fail-under", "1")
    assert (result.exit_code, "no score at all is under --fail-under 1" in result.stderr) == (3, True)


@pytest.mark.parametrize("option", ["--fail-under", "--max-cost"])
def test_nan_is_no_number(run: Coach, tmp_path: Path, option: str) -> None:
    result = run("grade", write(tmp_path / "a.jsonl", record(1)), *SCRIPTED, option, "nan")
    assert (result.exit_code, "'nan' is not a number" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("nowhere.jsonl",), "no such file"),
        (("empty.jsonl", *SCRIPTED), "empty.jsonl: no answer in it"),
        (("header.csv", "empty.jsonl", *SCRIPTED, "--out", "g.jsonl"), "header.csv, empty.jsonl: no answer in it"),
        (("a.jsonl", "--judge", "nobody"), "no judge is called 'nobody'"),
        (("a.jsonl", "--rubrics", "nowhere"), "no such folder of banks"),
        (("a.jsonl", "--judge", "scripted", "--out", "no/such/folder/g.jsonl"), "cannot be written"),
    ],
)
def test_unusable_input_is_exit_2_and_says_why(
    run: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.jsonl", record(1))
    write(tmp_path / "empty.jsonl")
    write(tmp_path / "header.csv", "id,question,answer")
    result = run("grade", *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert len(list(tmp_path.iterdir())) == 3


def test_the_bank_of_the_tests_is_a_bank(run: Coach) -> None:
    assert run("rubrics", "check", BANKS).exit_code == 0


class InterruptedJudge(ScriptedJudge):
    """A scripted judge on which the person presses Ctrl-C after some batches."""

    def __init__(self, batches: int) -> None:
        super().__init__()
        self.left = batches

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return super().judge(cases)


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], InterruptedJudge]:
    def after(batches: int) -> InterruptedJudge:
        judge = InterruptedJudge(batches)
        monkeypatch.setattr("coach.cli.options.open_judge", lambda *_: judge)
        return judge

    return after


def test_an_interrupted_run_goes_on_where_it_stopped(
    run: Coach, tmp_path: Path, interrupt: Callable[[int], InterruptedJudge]
) -> None:
    path, out = write(tmp_path / "a.jsonl", *(record(i) for i in range(200))), tmp_path / "g.jsonl"
    whole = run("grade", path, *SCRIPTED).stdout
    interrupt(3)
    first = run("grade", path, "--fresh", "--out", out)
    assert (first.exit_code, out.exists()) == (130, False)
    assert "goes on from" in first.stderr
    judge = interrupt(100)
    again = run("grade", path, "--fresh", "--out", out)
    assert (again.exit_code, 100 - judge.left) == (0, 200 // CHUNK + 1 - 3)
    assert out.read_text(encoding="utf-8") == whole


@pytest.mark.parametrize("changed", [40, 150])
def test_a_changed_input_is_found_out_and_graded_anew(
    run: Coach, tmp_path: Path, interrupt: Callable[[int], InterruptedJudge], changed: int
) -> None:
    path, out = write(tmp_path / "a.jsonl", *(record(i) for i in range(200))), tmp_path / "g.jsonl"
    interrupt(4)
    run("grade", path, "--fresh", "--out", out)
    write(path, *(record(i, answer="Changed.") if i == changed else record(i) for i in range(180)))
    interrupt(100)
    result = run("grade", path, "--fresh", "--out", out)
    assert ("the input has changed" in result.stderr) == (changed < 4 * CHUNK)
    assert out.read_text(encoding="utf-8") == run("grade", path, "--fresh").stdout


def test_an_interrupted_run_of_another_judge_starts_over(
    run: Coach, tmp_path: Path, interrupt: Callable[[int], InterruptedJudge]
) -> None:
    path, out = write(tmp_path / "a.jsonl", *(record(i) for i in range(100))), tmp_path / "g.jsonl"
    interrupt(2)
    run("grade", path, "--fresh", "--out", out)
    interrupt(100).name = "another"
    result = run("grade", path, "--fresh", "--out", out)
    assert "is of another judge" in result.stderr
    assert {row["judge"]["name"] for row in rows(out.read_text())} == {"another"}


def test_no_resume_grades_all_again(run: Coach, tmp_path: Path, interrupt: Callable[[int], InterruptedJudge]) -> None:
    path, out = write(tmp_path / "a.jsonl", *(record(i) for i in range(100))), tmp_path / "g.jsonl"
    interrupt(2)
    run("grade", path, "--fresh", "--out", out)
    judge = interrupt(100)
    run("grade", path, "--fresh", "--out", out, "--no-resume")
    assert 100 - judge.left == 100 // CHUNK + 1


def test_ctrl_c_without_out_keeps_what_was_printed(
    run: Coach, tmp_path: Path, interrupt: Callable[[int], InterruptedJudge]
) -> None:
    path = write(tmp_path / "a.jsonl", *(record(i) for i in range(100)))
    interrupt(2)
    result = run("grade", path, "--fresh")
    assert (result.exit_code, len(rows(result.stdout))) == (130, 2 * CHUNK)


def test_ctrl_c_before_the_first_answer_is_exit_130_too(
    run: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("coach.cli.options.open_judge", interrupted)
    result = run("grade", write(tmp_path / "a.jsonl", record(1)))
    assert (result.exit_code, result.stderr) == (130, "\ncoach: interrupted\n")


def test_two_runs_cannot_write_one_output(run: Coach, tmp_path: Path) -> None:
    path, out = write(tmp_path / "a.jsonl", record(1)), tmp_path / "g.jsonl"
    with RunJournal(out, Receipt(name="scripted")):
        result = run("grade", path, *SCRIPTED, "--out", out)
    assert (result.exit_code, "another coach is writing it" in result.stderr) == (2, True)
