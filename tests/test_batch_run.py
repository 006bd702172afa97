"""The run: what the judge is asked, and what is left when it ends before its time."""

import json
import multiprocessing
import os
import pty
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO, Any

import pytest
from conftest import BANKS, Coach

from coach.batch import GradeStore, RunJournal, Summary, grade_into, in_this_process, read_records
from coach.batch.run import CHUNK, WINDOW
from coach.cli.commands import coach as main
from coach.cli.progress import EVERY, PlainProgress
from coach.judges import ScriptedJudge
from coach.library import Library
from coach.terms import Case, Judgement, Receipt

SCRIPTED = ("--judge", "scripted")
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["pytest", "test_batch_run", "coach.cli.grade", "pyarrow.parquet"])


def record(i: int, **more: Any) -> str:
    """Answers of many lengths to two questions, every fifth one as an earlier one, now and then a bad one."""
    said = f"One is {'very ' * (i * 7 % 13)}odd, said {i if i % 5 else i // 50}."
    bad = {"question": "none"} if i % 97 == 50 else {}
    return json.dumps({"id": f"a{i}", "question": ("one", "demo/both")[i % 2], "answer": said, "n": i} | bad | more)


def write(path: Path, count: int) -> Path:
    path.write_text("".join(f"{record(i)}\n" for i in range(count)), encoding="utf-8")
    return path


class ListeningJudge(ScriptedJudge):
    """A scripted judge that notes what it is asked."""

    def __init__(self, told: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.asked: list[list[Case]] = []
        self.told = told

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        self.asked.append(list(cases))
        self.told()
        return super().judge(cases)


class FickleJudge(ListeningJudge):
    """One whose judgements depend on what else it is asked at the same time, as those of real models do a little."""

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        share = [round(i / len(cases), 4) for i in range(len(cases))]
        judged = zip(super().judge(cases), share, strict=True)
        return [tuple(j.model_copy(update={"similarity": each}) for j in of_case) for of_case, each in judged]


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> ListeningJudge:
    listening = ListeningJudge()
    monkeypatch.setattr("coach.cli.options.open_judge", lambda *_: listening)
    return listening


@pytest.fixture
def fickle(monkeypatch: pytest.MonkeyPatch) -> FickleJudge:
    judge = FickleJudge()
    monkeypatch.setattr("coach.cli.options.open_judge", lambda *_: judge)
    return judge


def test_equal_answers_to_a_question_are_judged_once_and_graded_as_if_alone(
    run: Coach, tmp_path: Path, judge: ListeningJudge
) -> None:
    answers, out = write(tmp_path / "a.jsonl", 3 * WINDOW), tmp_path / "g.jsonl"
    run("grade", answers, "--fresh", "--out", out)
    asked = [(case.question.id, case.answer) for cases in judge.asked for case in cases]
    assert 0 < len(asked) == len(set(asked)) < 3 * WINDOW
    graded = zip(answers.read_text().splitlines(), out.read_text(encoding="utf-8").splitlines(), strict=True)
    for answer, grade in list(graded)[7::40]:
        assert run("grade", "-", *SCRIPTED, stdin=answer).stdout == f"{grade}\n"


def test_the_judge_gets_the_answers_of_a_window_by_question_and_length(
    run: Coach, tmp_path: Path, judge: ListeningJudge
) -> None:
    answers = write(tmp_path / "a.jsonl", WINDOW)
    run("grade", answers, "--fresh", "--out", tmp_path / "g.jsonl")
    order = [(case.question.id, len(case.answer)) for cases in judge.asked for case in cases]
    assert order == sorted(order)
    assert {len(cases) for cases in judge.asked[:-1]} == {CHUNK}


def test_printed_grades_wait_for_one_chunk_alone(run: Coach, tmp_path: Path, judge: ListeningJudge) -> None:
    answers = write(tmp_path / "a.jsonl", WINDOW)
    run("grade", answers, "--fresh")
    assert len(judge.asked) == WINDOW // CHUNK


def test_a_stored_run_asks_the_judge_nothing_and_comes_to_the_same(library: Library, tmp_path: Path) -> None:
    answers = write(tmp_path / "a.jsonl", 300)
    with RunJournal(tmp_path / "g.jsonl", Receipt(name="scripted")) as journal:
        first, second = ListeningJudge(), ListeningJudge()
        once = grade_into(journal, read_records([answers], library), in_this_process(first), lambda _: None)
        again = grade_into(journal, read_records([answers], library), in_this_process(second), lambda _: None)
    assert (bool(first.asked), second.asked) == (True, [])
    assert once._replace(points=round(once.points, 6)) == again._replace(points=round(again.points, 6))
    assert not journal.input_changed


def test_the_summary_of_a_run_is_told_as_it_grows(library: Library, tmp_path: Path) -> None:
    answers, told = write(tmp_path / "a.jsonl", 300), []
    with GradeStore() as store:
        summary = grade_into(store, read_records([answers], library), in_this_process(ListeningJudge()), told.append)
    assert [each.answers for each in told] == sorted({each.answers for each in told})
    assert (told[-1], summary.answers, summary.errors) == (summary, 300, 3)


def in_a_process(
    *args: str | Path, stdout: int | IO[bytes], stderr: int = subprocess.PIPE
) -> "subprocess.CompletedProcess[str]":
    """Run `coach` with real streams."""
    env = os.environ | {"COACH_RUBRICS": str(BANKS), "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "coach", *map(str, args)]
    return subprocess.run(command, env=env, stdout=stdout, stderr=stderr, text=True)


def grade_in_a_child(
    answers: Path, out: Path, told: Connection | None = None, limit: int = 0, dies_at: str = ""
) -> None:
    """`coach grade` in a process of its own, which says when its judge is asked.

    Its files may have `limit` bytes; it kills itself when it comes to a call of os.fsync, Path.replace or Path.unlink.
    """
    import coach.cli.options

    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if dies_at:
        setattr(os if dies_at == "fsync" else Path, dies_at, die)
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    os.environ["COACH_RUBRICS"] = str(BANKS)
    sys.stderr = out.with_suffix(".stderr").open("w")
    judge = FickleJudge(lambda: told.send_bytes(b".") if told else None)
    coach.cli.options.open_judge = lambda *_: judge
    main(["grade", str(answers), "--fresh", "--out", str(out)])


def ended(child: BaseProcess) -> int | None:
    """The exit code of a child that ends by itself."""
    child.start()
    child.join()
    return child.exitcode


def was_killed(answers: Path, out: Path, asked: int, seconds: float) -> bool:
    """Kill a run so many seconds after its judge was asked so often; whether it was still running."""
    here, there = FORKS.Pipe(duplex=False)
    child = FORKS.Process(target=grade_in_a_child, args=(answers, out, there))
    child.start()
    there.close()
    with suppress(EOFError):
        for _ in range(asked):
            here.recv_bytes()
    child.join(seconds)
    child.kill()
    child.join()
    return child.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_runs_killed_at_fifty_random_moments_come_to_the_same_bytes(
    run: Coach, tmp_path: Path, fickle: FickleJudge, suffix: str
) -> None:
    answers, out, whole = write(tmp_path / "a.jsonl", 2000), tmp_path / f"g.{suffix}", tmp_path / f"whole.{suffix}"
    run("grade", answers, "--fresh", "--out", whole)
    moments, kills = random.Random(suffix), 0
    while kills < 25:
        kills += was_killed(answers, out, moments.choice((0, 1, 1, 2, 3)), moments.uniform(0, 0.02))
        if out.exists():
            assert out.read_bytes() == whole.read_bytes()
            out.unlink()
    assert ended(FORKS.Process(target=grade_in_a_child, args=(answers, out))) == 1
    assert out.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("dies_at", ["fsync", "replace", "unlink"])
@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_run_killed_while_it_publishes_leaves_no_half_output(
    run: Coach, tmp_path: Path, fickle: FickleJudge, suffix: str, dies_at: str
) -> None:
    answers, out, whole = write(tmp_path / "a.jsonl", 40), tmp_path / f"g.{suffix}", tmp_path / f"whole.{suffix}"
    run("grade", answers, "--fresh", "--out", whole)
    child = FORKS.Process(target=grade_in_a_child, args=(answers, out), kwargs={"dies_at": dies_at})
    assert ended(child) == -signal.SIGKILL
    assert out.exists() == (dies_at == "unlink")
    fickle.asked.clear()
    run("grade", answers, "--fresh", "--out", out)
    assert (fickle.asked, out.read_bytes()) == ([], whole.read_bytes())
    assert not list(tmp_path.glob("*.part")) + list(tmp_path.glob("*.journal*"))


def test_a_full_disk_is_told_and_the_same_command_goes_on_when_there_is_room(
    run: Coach, tmp_path: Path, fickle: FickleJudge
) -> None:
    answers, out = write(tmp_path / "a.jsonl", 500), tmp_path / "g.jsonl"
    child = FORKS.Process(target=grade_in_a_child, args=(answers, out), kwargs={"limit": 300_000})
    assert ended(child) == 2
    assert "cannot be written" in out.with_suffix(".stderr").read_text()
    assert not out.exists()
    run("grade", answers, "--fresh", "--out", out)
    asked = len(fickle.asked)
    run("grade", answers, "--fresh", "--out", tmp_path / "whole.jsonl")
    assert 0 < asked < len(fickle.asked) - asked
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full: /dev/full")
def test_printed_grades_for_which_there_is_no_room_are_told(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        result = in_a_process("grade", write(tmp_path / "a.jsonl", 40), *SCRIPTED, "--quiet", stdout=full)
    told = "coach: standard output: cannot be written: No space left on device; make room or name --out\n"
    assert (result.returncode, result.stderr) == (2, told)


def test_a_reader_who_has_enough_ends_the_run_quietly(tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "wb") as nobody_reads:
        result = in_a_process("grade", write(tmp_path / "a.jsonl", 40), *SCRIPTED, "--quiet", stdout=nobody_reads)
    assert result.stderr == ""


def test_an_output_that_cannot_be_put_in_place_keeps_its_grades(
    run: Coach, tmp_path: Path, judge: ListeningJudge
) -> None:
    answers, out = write(tmp_path / "a.jsonl", 40), tmp_path / "g.jsonl"
    judge.told = lambda: out.mkdir(exist_ok=True)
    result = run("grade", answers, "--fresh", "--out", out)
    assert (result.exit_code, f"kept in {out}.journal" in result.stderr) == (2, True)
    out.rmdir()
    judge.asked.clear()
    assert run("grade", answers, "--fresh", "--out", out).exit_code == 0
    assert judge.asked == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody may write to: /proc")
def test_a_folder_that_may_not_be_written_to_is_told_before_anything_is_graded(
    run: Coach, tmp_path: Path, judge: ListeningJudge
) -> None:
    result = run("grade", write(tmp_path / "a.jsonl", 40), "--fresh", "--out", "/proc/g.jsonl")
    assert (result.exit_code, judge.asked) == (2, [])
    assert "may be written to" in result.stderr


def test_a_damaged_journal_is_told_and_left_as_it_is(run: Coach, tmp_path: Path) -> None:
    journal = tmp_path / "g.jsonl.journal"
    journal.write_text("no database" * 100)
    result = run("grade", write(tmp_path / "a.jsonl", 40), *SCRIPTED, "--out", tmp_path / "g.jsonl")
    assert (result.exit_code, f"{journal}: is damaged" in result.stderr) == (2, True)
    assert journal.read_text() == "no database" * 100


@pytest.mark.parametrize("lines", [(0, 20), (1, 40), (30, 40)])
def test_a_longer_shorter_or_shifted_input_gives_what_a_fresh_run_gives(
    run: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: tuple[int, int]
) -> None:
    answers, out = write(tmp_path / "a.jsonl", 40), tmp_path / "g.jsonl"
    monkeypatch.setattr(RunJournal, "drop", lambda _: None)
    run("grade", answers, *SCRIPTED, "--out", out)
    monkeypatch.undo()
    write(answers, 60).write_text("".join(answers.read_text().splitlines(keepends=True)[slice(*lines)]))
    result = run("grade", answers, *SCRIPTED, "--out", out)
    assert "the input has changed" in result.stderr
    assert out.read_text(encoding="utf-8") == run("grade", answers, *SCRIPTED).stdout


def test_without_a_terminal_a_line_tells_now_and_then_how_far_the_run_is(capsys: pytest.CaptureFixture[str]) -> None:
    seconds = iter((0, EVERY / 2, EVERY, EVERY + 1, 2 * EVERY + 5, 5 * EVERY))
    progress = PlainProgress(lambda: 10_000, lambda: "$0.02", clock=lambda: next(seconds))
    for answers in (10, 2000, 2001, 5000, 10_000):
        progress(Summary(answers=answers, errors=answers // 2500))
    assert capsys.readouterr().err.splitlines() == [
        "coach: 2,000 of 10,000 answers, 200.0 a second, 0:00:40 left, $0.02",
        "coach: 5,000 of 10,000 answers, 200.0 a second, 0:00:25 left, 2 errors, $0.02",
        "coach: 10,000 of 10,000 answers, 200.0 a second, 0:00:00 left, 4 errors, $0.02",
    ]


def test_quiet_says_nothing_until_the_end(run: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.cli.progress.EVERY", -1.0)
    answers = write(tmp_path / "a.jsonl", 40)
    loud, quiet = (run("grade", answers, *SCRIPTED, *more).stderr.splitlines() for more in ((), ("--quiet",)))
    assert len(loud) > len(quiet) == 1


def told_a_terminal(*args: str | Path, output: Path | None = None) -> str:
    """What a terminal is sent by `coach`, whose standard output is that terminal or a file."""
    terminal, other_end = pty.openpty()
    with (output or Path(os.devnull)).open("wb") as file:
        in_a_process(*args, stdout=file if output else other_end, stderr=other_end)
    os.write(other_end, b"\0")
    told = b""
    while not told.endswith(b"\0"):
        told += os.read(terminal, 1 << 16)
    os.close(terminal)
    os.close(other_end)
    return told.decode().rstrip("\0")


def test_grades_that_leave_a_terminal_are_whole_and_a_bar_is_drawn_there(run: Coach, tmp_path: Path) -> None:
    answers, grades = write(tmp_path / "a.jsonl", 2), tmp_path / "g.jsonl"
    told = told_a_terminal("grade", answers, *SCRIPTED, output=grades)
    assert grades.read_text(encoding="utf-8") == run("grade", answers, *SCRIPTED).stdout
    assert "2/2" in told and "score" not in told.partition("coach: ")[0]


def test_grades_on_a_terminal_are_whole_lines_without_a_bar(run: Coach, tmp_path: Path) -> None:
    answers = write(tmp_path / "a.jsonl", 2)
    told = told_a_terminal("grade", answers, *SCRIPTED)
    assert "".join(told.splitlines(keepends=True)[:2]).replace("\r", "") == run("grade", answers, *SCRIPTED).stdout
    assert "\x1b" not in told
