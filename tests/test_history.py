"""`coach history`: what was answered, as a table, as data, and on its way to another machine."""

import csv
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Coach
from practice_records import NOON, days, graded, judged
from test_start_up import HEAVY, imported

from coach.journal import Journal
from coach.terms import Attempt, FollowUp, Mode, OwnVerdict, Verdict

C, P, M, X, U = Verdict


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    """The person's journal with three attempts in it, in a time zone an hour ahead of UTC."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("TZ", "Europe/Rome")
    time.tzset()
    with Journal(NOON) as journal:
        said = {"spoken": True, "audio": "r.wav", "delivery": {"words_per_minute": 120.0}}
        first = Attempt(
            question="b/one", at=NOON, text="=1+1 is \x1b[2Jodd", seconds=90, hints=2, self_rating=80, **said
        )
        nudge = FollowUp(attempt=first.id, criterion="c1")
        journal.store(first)
        journal.store(Attempt(question="b/one", at=NOON + days(0.01), text="Ah.", seconds=30, follow_up=nudge))
        journal.store(Attempt(question="b/two", at=NOON + days(2.47), text="Two.", mode=Mode.MOCK))
        verdicts = judged("c0", M), judged("c1", M)
        journal.keep_grade(first.id, graded("b/one", *verdicts, score=0.0), {"c0": 3.0, "c1": 1.0})
        journal.keep_verdict(first.id, OwnVerdict(criterion="c0", verdict=C, author="ann", at=NOON))
        yield journal
    monkeypatch.undo()
    time.tzset()


def test_attempts_are_listed_in_local_time_with_the_score_that_counts(run: Coach, journal: Journal) -> None:
    lines = [line.split() for line in run("history").stdout.splitlines() if line.strip()]
    assert lines[0] == ["when", "question", "min", "hints", "expected", "score"]
    assert lines[2:] == [
        ["2026-01-10", "13:00", "b/one", "1.5", "2", "80", "75"],
        ["2026-01-10", "13:14", "↳", "c1", "0.5"],
        ["2026-01-13", "00:16", "b/two", "(mock)", "0.0"],
    ]


def test_attempts_of_a_question_since_a_local_day(run: Coach, journal: Journal) -> None:
    def found(*args: str) -> list[str]:
        return [row["question"] for row in json.loads(run("history", "--json", *args).stdout)]

    assert found() == ["b/one", "b/one", "b/two"]
    assert found("--question", "two") == found("--question", "b/two") == ["b/two"]
    assert found("--since", "2026-01-13") == ["b/two"]  # 23:16 of the day before in UTC
    assert found("--since", "2026-01-14") == found("--question", "three") == []


def test_json_has_all_there_is_to_know_of_an_attempt(run: Coach, journal: Journal) -> None:
    first, second, _ = json.loads(run("history", "--json").stdout)
    assert first == {
        "id": journal.records()[0].attempt.id,
        "at": "2026-01-10T12:00:00+00:00",
        "question": "b/one",
        "mode": "practice",
        "seconds": 90.0,
        "spoken": True,
        "audio": "r.wav",
        "delivery": {"words_per_minute": 120.0},
        "hints": 2,
        "self_rating": 80.0,
        "score": 75.0,
        "verdicts": {"c0": "covered", "c1": "missed"},
        "judge": "mini",
        "follow_up_of": None,
        "criterion": None,
        "text": "=1+1 is \x1b[2Jodd",
    }
    assert (second["follow_up_of"], second["criterion"], second["score"]) == (first["id"], "c1", None)


def test_csv_is_the_same_in_rows_and_runs_no_formula(run: Coach, journal: Journal) -> None:
    first, *_ = csv.DictReader(io.StringIO(run("history", "--csv").stdout))
    wanted = json.loads(run("history", "--json").stdout)[0]
    assert first["text"] == "'=1+1 is \x1b[2Jodd"
    assert json.loads(first["verdicts"]) == wanted["verdicts"]
    assert (first["score"], first["follow_up_of"], list(first)) == ("75.0", "", list(wanted))


def test_nothing_yet_is_said_so(run: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert run("history").stdout == "No attempts.\n"
    assert json.loads(run("history", "--json").stdout) == []
    assert run("history", "--csv").stdout == ""


def test_a_history_goes_to_another_machine_and_nothing_comes_twice(
    run: Coach, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, here = tmp_path / "history.jsonl", run("history", "--json").stdout
    assert "attempts exported: 3" in run("history", "export", file).stderr
    assert len(file.read_text().splitlines()) == 3
    assert "attempts imported: 0; here already: 3" in run("history", "import", file).stderr
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "there"))
    assert "attempts imported: 3; here already: 0" in run("history", "import", file).stderr
    assert run("history", "--json").stdout == here


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "Invalid JSON"),
        (
            '{"attempt": {"question": "b/one", "at": "2026-01-10T12:00:00", "text": "x"}}',
            "attempt.at: Input should have",
        ),
        (
            '{"attempt": {"question": "b/one", "at": "2026-01-10T12:00:00Z", "text": "x", "hint": 1}}',
            "attempt.hint: Extra",
        ),
    ],
)
def test_a_line_that_is_no_attempt_is_named_and_nothing_is_imported(
    run: Coach, journal: Journal, tmp_path: Path, line: str, message: str
) -> None:
    file = tmp_path / "history.jsonl"
    good = '{"attempt": {"question": "b/new", "at": "2026-01-10T12:00:00Z", "text": "x"}}'
    file.write_text(f"{good}\n\n{line}\n")
    result = run("history", "import", file)
    assert result.exit_code == 2
    assert f"{file}:3: is no attempt of an exported history" in result.stderr and message in result.stderr
    assert journal.records("new") == []


@pytest.mark.parametrize("args", [("import", "no-such.jsonl"), ("export", "no/such/folder.jsonl")])
def test_files_that_cannot_be_used_are_named(run: Coach, journal: Journal, args: tuple[str, str]) -> None:
    result = run("history", *args)
    assert (result.exit_code, args[1] in result.stderr) == (2, True)


def test_deleting_asks_and_needs_to_be_said_in_full(run: Coach, journal: Journal) -> None:
    assert run("history", "delete").exit_code == 2
    refused = run("history", "delete", "--all", stdin="n\n")
    assert (refused.exit_code, len(journal.records())) == (1, 3)
    assert "attempts deleted: 3" in run("history", "delete", "--all", stdin="y\n").stderr
    assert journal.records() == []
    assert "attempts deleted: 0" in run("history", "delete", "--all", "--yes").stderr


class CtrlC(io.BytesIO):
    """A keyboard on which the person presses Ctrl-C."""

    def read1(self, size: int | None = -1) -> bytes:
        raise KeyboardInterrupt


def test_ctrl_c_at_the_question_deletes_nothing_and_is_exit_130(run: Coach, journal: Journal) -> None:
    assert run("history", "delete", "--all", stdin=CtrlC()).exit_code == 130
    assert "attempts deleted: 3" in run("history", "delete", "--all", "--yes").stderr


def test_a_damaged_journal_is_told_and_practice_goes_on(
    run: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with Journal(NOON) as journal:
        pass
    journal.path.write_bytes(b"It was a dark and stormy night." * 99)
    result = run("history")
    assert (result.exit_code, result.stdout) == (0, "No attempts.\n")
    assert "was damaged and is kept as" in result.stderr and ".damaged-" in result.stderr
    assert run("history").stderr == ""


def test_nothing_heavy_is_imported() -> None:
    assert not imported("history", "--json") & HEAVY


def test_json_and_csv_exclude_each_other(run: Coach) -> None:
    assert run("history", "--json", "--csv").exit_code == 2
