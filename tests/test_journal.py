"""The journal of practice: private, whole, shared by processes, never overwritten."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from practice_records import JUDGE, NOON, days, graded, judged, record

from coach.errors import JournalError
from coach.grading import final_grade
from coach.journal import Journal, export_lines, journal_path, read_export
from coach.journal import opening as opening_module
from coach.journal.schema import MIGRATIONS, migrate
from coach.practice import Asked, replayed
from coach.terms import Attempt, Card, Draft, FollowUp, Mode, OwnVerdict, Passage, Record, Verdict

C, P, M, X, U = Verdict
SPOKEN = {"spoken": True, "audio": "r.wav", "delivery": {"wpm": 120.5}, "doubt": 0.25}
TESTS = Path(__file__).parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "practice" / "journal.sqlite"


def attempt(question: str = "b/one", at: datetime = NOON, **more: object) -> Attempt:
    return Attempt.model_validate({"question": question, "at": at, "text": "One is odd.", **more})


def own(criterion: str = "c0", verdict: Verdict = C) -> OwnVerdict:
    return OwnVerdict(criterion=criterion, verdict=verdict, author="ann", at=NOON)


def filled(path: Path) -> list[Record]:
    """Fill a journal with one of everything; its records."""
    with Journal(NOON, path) as journal:
        first = attempt(mode=Mode.MOCK, seconds=61.5, hints=2, self_rating=70, **SPOKEN)
        second = attempt(at=NOON + days(1), text="", follow_up=FollowUp(attempt=first.id, criterion="c0"))
        for each in (first, second):
            journal.store(each)
        quote = Passage(0, 3, "One")
        cited = judged("c0", C, sure=0.7).model_copy(update={"evidence": (quote,), "reason": "it says \ud800 so"})
        journal.keep_grade(first.id, graded("b/one", cited, judged("c1", U)), {"c0": 3.0, "c1": 1.0})
        journal.keep_verdict(first.id, own("c1", M))
        journal.save_draft(Draft(question="b/two", at=NOON, text="Half a", seconds=4.5, hints=1))
        return journal.records()


def everything(path: Path) -> tuple[list[Record], list[Draft], list[Card]]:
    with Journal(NOON, path) as journal:
        return journal.records(), journal.drafts(), journal.cards()


def test_what_was_kept_is_there_when_the_journal_is_opened_again(path: Path) -> None:
    records = filled(path)
    again, drafts, cards = everything(path)
    assert again == records
    first, second = again
    assert (
        first.attempt.model_dump() == attempt(mode="mock", seconds=61.5, hints=2, self_rating=70, **SPOKEN).model_dump()
    )
    assert second.attempt.follow_up == FollowUp(attempt=first.attempt.id, criterion="c0")
    assert first.grade is not None and first.grade.judge == JUDGE
    assert first.grade.criteria[0].evidence == (Passage(0, 3, "One"),)
    assert first.grade.criteria[0].reason == "it says � so"
    assert (first.weights, first.own_verdicts) == ({"c0": 3.0, "c1": 1.0}, (own("c1", M),))
    assert [(each.text, each.seconds, each.hints) for each in drafts] == [("Half a", 4.5, 1)]
    assert [(each.criterion, each.credit) for each in cards] == [("c0", pytest.approx(0.7)), ("c1", 0.0)]


def test_by_default_it_lies_among_the_persons_data_and_nobody_else_can_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert journal_path().parts[-3:] == ("coach", "practice", "journal.sqlite")
    with Journal(NOON) as journal:
        journal.store(attempt())
        files = list(journal.path.parent.iterdir())
        assert {each.name for each in files} >= {"journal.sqlite", "journal.sqlite-wal"}
        assert {each.stat().st_mode & 0o777 for each in files} == {0o600}
        assert journal.path.parent.stat().st_mode & 0o777 == 0o700
        assert journal.notice is None
    journal.path.chmod(0o644)
    with Journal(NOON):
        assert journal.path.stat().st_mode & 0o777 == 0o600


def test_times_are_kept_in_utc(path: Path) -> None:
    there = datetime(2026, 1, 10, 3, tzinfo=timezone(timedelta(hours=-9)))
    with Journal(NOON, path) as journal:
        journal.store(attempt(at=there))
        assert journal.records()[0].attempt.at.isoformat() == "2026-01-10T12:00:00+00:00"
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT at FROM attempt").fetchone() == ("2026-01-10T12:00:00.000000+00:00",)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="timezone"):
        attempt(at=datetime(2026, 1, 1))


@settings(max_examples=25)
@given(st.text(st.characters(codec=None)))
def test_any_words_come_back_as_they_were_but_for_lone_surrogates(text: str) -> None:
    path = Path(journal_path().parent.parent / "words" / "journal.sqlite")
    kept = "".join("�" if "\ud800" <= char <= "\udfff" else char for char in text)
    with Journal(NOON, path) as journal:
        journal.save_draft(Draft(question="b/one", at=NOON, text=text))
        assert [each.text for each in journal.drafts()] == [kept]
        journal.store(attempt(text=text))
        assert journal.records()[-1].attempt.text == kept
        journal.delete_all()


def test_storing_an_attempt_takes_its_draft_away_and_no_other(path: Path) -> None:
    nudge = FollowUp(attempt="x", criterion="c0")
    with Journal(NOON, path) as journal:
        for each in (("b/one", None), ("b/one", nudge), ("b/two", None)):
            journal.save_draft(Draft(question=each[0], at=NOON, text="old", follow_up=each[1]))
        journal.save_draft(Draft(question="b/two", at=NOON + days(1), text="new"))
        journal.store(attempt("b/one"))
        assert [(d.question, d.text, d.follow_up) for d in journal.drafts()] == [
            ("b/two", "new", None),
            ("b/one", "old", nudge),
        ]
        journal.store(attempt("b/one", text="again", follow_up=nudge))
        journal.drop_draft("b/two")
        assert journal.drafts() == []


def test_the_same_attempt_twice_is_one(path: Path) -> None:
    with Journal(NOON, path) as journal:
        for _ in range(2):
            journal.store(attempt())
        journal.store(attempt(text="Other words."))
        assert len(journal.records()) == 2


def test_a_new_grade_takes_the_place_of_the_old_one_and_own_verdicts_stay(path: Path) -> None:
    with Journal(NOON, path) as journal:
        journal.store(said := attempt())
        weights = {"c0": 3.0, "c1": 1.0}
        journal.keep_grade(said.id, graded("b/one", judged("c0", M), judged("c1", M), score=0.0), weights)
        journal.keep_verdict(said.id, own("c0", P))
        journal.keep_verdict(said.id, own("c0", C))
        journal.keep_grade(said.id, graded("b/one", judged("c0", X), judged("c1", M), score=0.0), weights)
        (kept,) = journal.records()
        final = final_grade(kept)
        assert final is not None and kept.grade is not None
        assert (kept.grade.score, final.score) == (0.0, 75.0)
        assert [each.verdict for each in final.criteria] == [C, M]
        review = final.criteria[0].review
        assert review is not None and (review.author, review.overrides) == ("ann", X)


def test_a_self_rating_is_kept_with_the_attempt(path: Path) -> None:
    with Journal(NOON, path) as journal:
        journal.store(said := attempt())
        journal.rate(said.id, 80)
        assert journal.records()[0].attempt.self_rating == 80
        assert journal.records()[0].attempt.id == said.id


@pytest.mark.parametrize(
    "change",
    [
        lambda journal: journal.rate("gone", 50),
        lambda journal: journal.keep_verdict("gone", own()),
        lambda journal: journal.keep_grade("gone", graded("b/one", judged("c0", C)), {}),
    ],
)
def test_what_belongs_to_no_attempt_is_refused(path: Path, change: Callable[[Journal], None]) -> None:
    with Journal(NOON, path) as journal, pytest.raises(JournalError, match="there is no attempt 'gone'"):
        change(journal)


def test_records_of_a_question_and_since_a_day(path: Path) -> None:
    with Journal(NOON, path) as journal:
        for question, day in (("b/one", 0), ("b/two", 1), ("other/one", 2), ("b/one", 3)):
            journal.store(attempt(question, NOON + days(day)))

        def found(question: str | None = None, since: datetime | None = None) -> list[str]:
            return [each.attempt.question for each in journal.records(question, since)]

        assert found() == ["b/one", "b/two", "other/one", "b/one"]
        assert found("one") == ["b/one", "other/one", "b/one"]
        assert found("b/one") == ["b/one", "b/one"]
        assert found("b/one", NOON + days(1)) == ["b/one"]
        assert found("b/%") == found("o_e") == []
        assert journal.asked()[:2] == [Asked("b/one", NOON), Asked("b/two", NOON + days(1))]


Answers = st.lists(
    st.tuples(
        st.sampled_from(["b/one", "b/two"]),
        st.integers(0, 9),
        st.sampled_from([C, P, M, U, None]),
        st.sampled_from([C, M, None]),
    ),
    max_size=8,
)


@settings(max_examples=25)
@given(Answers)
def test_the_cards_are_always_those_that_the_records_lead_to(answers: list[tuple[str, int, Verdict, Verdict]]) -> None:
    path = journal_path().parent.parent / "cards" / "journal.sqlite"
    with Journal(NOON, path) as journal:
        for question, day, verdict, ruling in answers:
            journal.store(said := attempt(question, NOON + days(day)))
            if verdict:
                journal.keep_grade(said.id, graded(question, judged("c0", verdict)), {"c0": 1.0})
            if ruling:
                journal.keep_verdict(said.id, own("c0", ruling))
        assert journal.cards() == sorted(replayed(journal.records()), key=lambda card: card.question)
        elsewhere = path.parent.parent / "elsewhere" / "journal.sqlite"
        lines = [line.encode() for line in export_lines(journal.records())]
        with Journal(NOON, elsewhere) as other:
            assert other.add(read_export(lines, "f")) == len(lines)
            assert (other.records(), other.cards()) == (journal.records(), journal.cards())
            assert other.add(read_export(lines, "f")) == 0
            assert (other.records(), other.cards()) == (journal.records(), journal.cards())
            other.delete_all()
        journal.delete_all()


def test_an_import_adds_what_is_missing_and_changes_nothing_that_is_here(path: Path) -> None:
    said = attempt()
    with Journal(NOON, path) as journal:
        journal.store(said)
        journal.keep_verdict(said.id, own("c0", P))
        there = Record(attempt=said, grade=graded("b/one", judged("c0", M)), own_verdicts=(own("c0", C), own("c1", C)))
        assert journal.add([there, record("b/two", NOON)]) == 1
        kept = journal.records("b/one")[0]
        assert kept.grade == there.grade
        assert [(each.criterion, each.verdict) for each in kept.own_verdicts] == [("c0", P), ("c1", C)]


def test_records_are_added_all_or_none(path: Path) -> None:
    good = [line.encode() for line in export_lines([record("b/one", NOON, judged("c0", C))])]
    with Journal(NOON, path) as journal:
        with pytest.raises(JournalError, match=r"^h\.jsonl:2: is no attempt .*attempt: Field required.*nothing was"):
            journal.add(read_export([*good, b'{"answer": "x"}\n'], "h.jsonl"))
        assert (journal.records(), journal.cards()) == ([], [])


def test_deleting_leaves_no_word_on_the_disk(path: Path) -> None:
    filled(path)
    (path.parent / "recordings" / "today").mkdir(parents=True)
    (path.parent / "recordings" / "today" / "r.wav").write_bytes(b"Half a")
    damaged = path.with_name("journal.damaged-20260101T000000Z.sqlite")
    damaged.write_bytes(b"Half a")
    with Journal(NOON, path) as journal:
        assert journal.delete_all() == 2
        left = b"".join(each.read_bytes() for each in path.parent.rglob("*") if each.is_file())
        assert b"One is odd" not in left and b"Half a" not in left and b"mini" not in left
    assert everything(path) == ([], [], [])


def test_a_recording_has_a_private_place_and_is_deleted_only_there(path: Path, tmp_path: Path) -> None:
    with Journal(NOON, path) as journal:
        recording = journal.new_recording(NOON)
        assert recording.parent == journal.recordings and recording.name == "20260110T120000.000000Z.wav"
        assert journal.recordings.stat().st_mode & 0o777 == 0o700
        given = tmp_path / "given.wav"
        for file in (recording, given):
            file.write_bytes(b"RIFF")
            journal.drop_recording(file)
            journal.drop_recording(file)
        assert given.exists() and not recording.exists()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no database": lambda path: path.write_bytes(b"It was a dark and stormy night." * 99),
    "a torn page": lambda path: path.write_bytes((whole := path.read_bytes())[:4096] + b"\xff" * (len(whole) - 4096)),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:5000]),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_set_aside_with_a_message_and_a_new_one_begun(path: Path, damage: str) -> None:
    filled(path)
    DAMAGES[damage](path)
    broken, asides = path.read_bytes(), []
    for _ in range(2):
        path.write_bytes(broken)
        with Journal(NOON, path) as journal:
            assert journal.records() == []
            assert journal.set_aside is not None and journal.notice is not None
            assert str(journal.set_aside) in journal.notice and "import" in journal.notice
            asides.append(journal.set_aside)
            journal.store(attempt())
    assert [each.name for each in asides] == [
        "journal.damaged-20260110T120000Z.sqlite",
        "journal.damaged-20260110T120000Z-2.sqlite",
    ]
    assert [each.read_bytes() for each in asides] == [broken, broken]
    assert len(everything(path)[0]) == 1


def test_damage_met_while_working_is_told(path: Path) -> None:
    filled(path)
    with Journal(NOON, path) as journal, Journal(NOON, path) as other:
        other.store(attempt(text="New."))
        for beside in ("", "-wal"):
            file = Path(f"{path}{beside}")
            file.write_bytes(b"\xff" * file.stat().st_size)
        with pytest.raises(JournalError, match="damaged; start coach again"):
            journal.records()


def test_a_newer_coachs_journal_is_refused_and_untouched(path: Path) -> None:
    filled(path)
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(
        JournalError, match=rf"newer coach .*version {len(MIGRATIONS) + 1}, this coach knows .*upgrade coach"
    ):
        Journal(NOON, path)
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.damaged-*"))


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalError, match=r"cannot be used: .*check that the folder"):
        Journal(NOON, tmp_path / "file" / "journal.sqlite")


def test_another_coach_that_never_ends_writing_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening_module, "PATIENCE", 0)
    with Journal(NOON, path) as busy, Journal(NOON, path) as waiting:
        with busy._writing(), pytest.raises(JournalError, match="another coach has been writing"):
            waiting.store(attempt())
        waiting.store(attempt())
        assert len(busy.records()) == 1


def at_version(path: Path, count: int) -> None:
    """A journal as the coach with the first so many migrations left it, with an attempt where it had a table."""
    path.parent.mkdir(parents=True)
    db = sqlite3.connect(path, isolation_level=None)
    migrate(db, MIGRATIONS[:count])
    if count:
        db.execute(
            "INSERT INTO attempt (id, question, at, text, seconds, mode, spoken, hints) VALUES"
            f" ('{attempt().id}', 'b/one', '2026-01-10T12:00:00.000000+00:00', 'One is odd.', 0, 'practice', 0, 0)"
        )
        db.execute(
            "INSERT INTO draft (question, criterion, at, text, seconds, hints) VALUES"
            " ('b/two', '', '2026-01-10T12:00:00.000000+00:00', 'Half a', 0, 0)"
        )
    db.close()


@pytest.mark.parametrize("count", range(len(MIGRATIONS) + 1))
def test_a_journal_of_every_version_opens_with_what_is_in_it(path: Path, count: int) -> None:
    at_version(path, count)
    with Journal(NOON, path) as journal:
        assert [each.attempt for each in journal.records()] == [attempt()] * bool(count)
        assert journal.drafts() == [Draft(question="b/two", at=NOON, text="Half a")] * bool(count)
        journal.store(attempt(at=NOON + days(1), **SPOKEN))
        said = Draft(question="b/one", at=NOON, text="", audio="r.wav", transcript={"words": []})
        journal.save_draft(said)
        assert (journal.records()[-1].attempt.doubt, said in journal.drafts()) == (0.25, True)


NEXT = (*MIGRATIONS, "CREATE TABLE goal (day TEXT); INSERT INTO goal VALUES ('2026-01-10');")


@pytest.mark.parametrize("count", range(len(MIGRATIONS) + 1))
def test_a_later_migration_runs_once_from_every_version(
    path: Path, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_version(path, count)
    monkeypatch.setattr(opening_module, "MIGRATIONS", NEXT)
    for _ in range(2):
        with Journal(NOON, path) as journal:
            assert len(journal.records()) == bool(count)
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM goal").fetchone() == (1,)
        assert db.execute("PRAGMA user_version").fetchone() == (len(NEXT),)
    db.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = filled(path)
    monkeypatch.setattr(opening_module, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE goal (day TEXT); SELECT * FROM no;"))
    with pytest.raises(JournalError, match="no such table: no"):
        Journal(NOON, path)
    monkeypatch.undo()
    assert everything(path)[0] == records


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from practice_records import *
from coach.journal import Journal
from coach.terms import Draft
name, path = sys.argv[2], Path(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
with Journal(NOON, path) as journal:
    for n in range(25):
        journal.save_draft(Draft(question=f"b/{name}", at=NOON, text=f"draft {n}"))
        said = Attempt(question="b/one", at=NOON + days(n), text=f"{name} {n}")
        journal.store(said)
        journal.keep_grade(said.id, graded("b/one", judged("c0", Verdict.COVERED)), {"c0": 1.0})
"""


def started(code: str, *args: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", code, str(TESTS), *map(str, args)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("damaged", [False, True])
def test_two_processes_that_begin_and_write_at_once_do_no_harm(path: Path, damaged: bool) -> None:
    path.parent.mkdir()
    if damaged:
        path.write_bytes(b"no database at all, but long enough" * 99)
    writers = [started(WRITER, name, path) for name in ("ann", "ben")]
    for each in writers:
        assert each.stdout is not None and each.stdout.readline() == "ready\n"
    for each in writers:
        each.communicate("go\n", timeout=300)
    assert [each.returncode for each in writers] == [0, 0]
    records, drafts, cards = everything(path)
    assert sorted(each.attempt.text for each in records) == sorted(
        f"{w} {n}" for w in ("ann", "ben") for n in range(25)
    )
    assert all(each.grade for each in records)
    assert sorted(each.question for each in drafts) == ["b/ann", "b/ben"]
    assert cards == replayed(records)
    assert len(list(path.parent.glob("*.damaged-*"))) == damaged


TYPIST = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from practice_records import *
from coach.journal import Journal
from coach.terms import Draft
journal = Journal(NOON, Path(sys.argv[2]))
journal.save_draft(Draft(question="b/one", at=NOON, text="Words that must not be lost"))
print("saved", flush=True)
sys.stdin.readline()
"""


def test_a_draft_outlives_kill_9(path: Path) -> None:
    typist = started(TYPIST, path)
    assert typist.stdout is not None and typist.stdout.readline() == "saved\n"
    typist.send_signal(signal.SIGKILL)
    typist.communicate()
    assert [each.text for each in everything(path)[1]] == ["Words that must not be lost"]


def test_a_copy_of_the_file_alone_is_the_whole_journal_once_it_is_closed(path: Path, tmp_path: Path) -> None:
    records = filled(path)
    copy = tmp_path / "copy" / "journal.sqlite"
    copy.parent.mkdir()
    shutil.copy(path, copy)
    assert everything(copy)[0] == records
