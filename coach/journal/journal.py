"""The journal: what a person has answered, what came of it, and what is due.

Each method is one short transaction, so that several processes may write at once. Cards follow from the records: what
changes a record writes its question's cards anew. A journal belongs to the thread that opened it.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import Self

from coach.errors import JournalError
from coach.journal.opening import journal_path, open_database, why_not
from coach.journal.rows import (
    Row,
    attempt_row,
    card_row,
    criterion_of,
    draft_of,
    draft_row,
    grade_row,
    iso,
    record_of,
    verdict_row,
)
from coach.practice import Asked, replayed
from coach.terms import Attempt, Card, Draft, Grade, OwnVerdict, Record

_TABLES = ("own_verdict", "grade", "attempt", "card", "draft")
_VERDICTS = """
SELECT json_group_array(json_object('criterion', criterion, 'verdict', verdict, 'author', author, 'at', at))
FROM (SELECT * FROM own_verdict WHERE attempt = attempt.id ORDER BY criterion)
"""
_RECORDS = f"""
SELECT attempt.*, grade.grade, grade.weights, ({_VERDICTS}) AS own_verdicts
FROM attempt LEFT JOIN grade ON grade.attempt = attempt.id
"""


class Journal:
    """The journal in a file; `set_aside` is where a damaged one went when this one was begun in its place."""

    def __init__(self, now: datetime, path: Path | None = None) -> None:
        self.path = path or journal_path()
        self._db, self.set_aside = open_database(self.path, now)
        self._db.row_factory = _as_dict

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @property
    def recordings(self) -> Path:
        """The folder for what is recorded, which `delete_all` removes; it may not exist yet."""
        return self.path.parent / "recordings"

    @property
    def notice(self) -> str | None:
        """What the person should know about the file, if anything."""
        if self.set_aside is None:
            return None
        remedy = "'coach history import FILE' takes what was exported"
        return f"{self.path}: was damaged and is kept as {self.set_aside}; a new journal is begun; {remedy}"

    def new_recording(self, at: datetime) -> Path:
        """The path of a recording that begins at a moment, in a folder that only its owner can read."""
        with self._told():
            self.recordings.mkdir(mode=0o700, exist_ok=True)
        return self.recordings / f"{at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}.wav"

    def drop_recording(self, path: Path) -> None:
        """Delete a recording; a file that the person gave stays."""
        if path.parent == self.recordings:
            with self._told():
                path.unlink(missing_ok=True)

    def store(self, attempt: Attempt) -> None:
        """Keep an attempt and take its draft away; the same attempt twice is one."""
        with self._writing():
            self._insert("attempt", [attempt_row(attempt)], "IGNORE")
            self._drop_draft(attempt.question, criterion_of(attempt))

    def rate(self, attempt: str, self_rating: float | None) -> None:
        """Keep the score, 0 to 100, that the person expects of an attempt."""
        with self._writing():
            self._question_of(attempt)
            self._db.execute("UPDATE attempt SET self_rating = ? WHERE id = ?", (self_rating, attempt))

    def keep_grade(self, attempt: str, grade: Grade, weights: Mapping[str, float]) -> None:
        """Keep the grade of an attempt in place of an earlier one, with the criteria's weights, and its cards."""
        with self._writing():
            question = self._question_of(attempt)
            self._insert("grade", [grade_row(attempt, grade, weights)], "REPLACE")
            self._renew_cards(question)

    def keep_verdict(self, attempt: str, own: OwnVerdict) -> None:
        """Keep a person's own verdict in place of the judge's and of an earlier one of theirs."""
        with self._writing():
            question = self._question_of(attempt)
            self._insert("own_verdict", [verdict_row(attempt, own)], "REPLACE")
            self._renew_cards(question)

    def save_draft(self, draft: Draft) -> None:
        """Keep what is being written in place of the earlier draft of the same question, or the same follow-up."""
        with self._writing():
            self._insert("draft", [draft_row(draft)], "REPLACE")

    def drop_draft(self, question: str, criterion: str = "") -> None:
        """Forget the draft of a question, or of a follow-up to one of its criteria."""
        with self._writing():
            self._drop_draft(question, criterion)

    def drafts(self) -> list[Draft]:
        """What is being written, the latest first."""
        return [draft_of(row) for row in self._rows("SELECT * FROM draft ORDER BY at DESC")]

    def records(self, question: str | None = None, since: datetime | None = None) -> list[Record]:
        """The attempts with their grades, the earliest first; `question` is `bank/question` or `question` alone."""
        column = "question" if question and "/" in question else "substr(question, instr(question, '/') + 1)"
        where = f"at >= :since AND (:name IS NULL OR {column} = :name)"
        values = {"name": question, "since": iso(since.astimezone(UTC)) if since else ""}
        return [record_of(row) for row in self._rows(f"{_RECORDS} WHERE {where} ORDER BY at, id", values)]

    def ungraded(self) -> list[Attempt]:
        """The attempts without a grade, the earliest first."""
        rows = self._rows(f"{_RECORDS} WHERE grade.attempt IS NULL ORDER BY at, id")
        return [record_of(row).attempt for row in rows]

    def asked(self) -> list[Asked]:
        """What was asked and when, the earliest first; follow-ups are no questions of their own."""
        rows = self._rows("SELECT question, at FROM attempt WHERE follow_up_of IS NULL ORDER BY at, id")
        return [Asked(row["question"], datetime.fromisoformat(row["at"])) for row in rows]

    def cards(self) -> list[Card]:
        """The cards of all criteria that have been judged."""
        return [Card.model_validate(row) for row in self._rows("SELECT * FROM card ORDER BY question, criterion")]

    def add(self, records: Iterable[Record]) -> int:
        """Keep records from elsewhere, all or none; what is here already stays as it is. How many attempts are new."""
        with self._writing():
            new, questions = 0, dict[str, None]()
            for record in records:
                new += self._insert("attempt", [attempt_row(record.attempt)], "IGNORE")
                self._add_judged(record)
                questions[record.attempt.question] = None
            for question in questions:
                self._renew_cards(question)
        return new

    def delete_all(self) -> int:
        """Delete everything: what is in the file, recordings, and files that were set aside. How many attempts."""
        with self._writing():
            count = self._rows("SELECT count(*) AS attempts FROM attempt")[0]["attempts"]
            for table in _TABLES:
                self._db.execute(f"DELETE FROM {table}")
        with self._told():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            for file in self.path.parent.glob(f"{self.path.stem}.damaged-*"):
                file.unlink()
            if self.recordings.exists():
                rmtree(self.recordings)
        return int(count)

    def _add_judged(self, record: Record) -> None:
        attempt = record.attempt.id
        if record.grade:
            self._insert("grade", [grade_row(attempt, record.grade, record.weights)], "IGNORE")
        self._insert("own_verdict", [verdict_row(attempt, own) for own in record.own_verdicts], "IGNORE")

    def _renew_cards(self, question: str) -> None:
        self._db.execute("DELETE FROM card WHERE question = ?", (question,))
        self._insert("card", map(card_row, replayed(self.records(question))), "FAIL")

    def _drop_draft(self, question: str, criterion: str) -> None:
        self._db.execute("DELETE FROM draft WHERE question = ? AND criterion = ?", (question, criterion))

    def _question_of(self, attempt: str) -> str:
        for row in self._rows("SELECT question FROM attempt WHERE id = ?", (attempt,)):
            return str(row["question"])
        raise JournalError(f"{self.path}: there is no attempt {attempt!r}; another coach may have deleted the history")

    def _insert(self, table: str, rows: Iterable[Row], conflict: str) -> int:
        """Insert rows; how many were new."""
        count = 0
        for row in rows:
            names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
            done = self._db.execute(f"INSERT OR {conflict} INTO {table} ({names}) VALUES ({marks})", row)
            count += done.rowcount
        return count

    def _rows(self, query: str, values: Mapping[str, object] | tuple[object, ...] = ()) -> list[Row]:
        with self._told():
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction: all of it or nothing."""
        with self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise JournalError(why_not(self.path, error)) from None


def _as_dict(cursor: sqlite3.Cursor, row: tuple[object, ...]) -> Row:
    return {name: value for (name, *_), value in zip(cursor.description, row, strict=True)}
