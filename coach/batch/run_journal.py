"""What a run has graded so far, on disk beside its output.

The journal is the truth: a chunk of records is in it whole or not at all, and the output is written from
it when the last chunk is in. A chunk keeps a digest of its records, so that a run that goes on later
finds out when its input has changed.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from coach.batch.readers import Record
from coach.batch.summary import Summary
from coach.errors import OutputError
from coach.terms import Receipt

_SCHEMA = """
CREATE TABLE IF NOT EXISTS run (fingerprint TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS chunk (
    n INTEGER PRIMARY KEY, digest TEXT NOT NULL, summary TEXT NOT NULL, lines TEXT NOT NULL
);
"""


class RunJournal:
    """The chunks graded so far; a context manager that holds the journal for one process alone."""

    def __init__(self, out: Path, receipt: Receipt, resume: bool = True) -> None:
        self.out = out
        self.path = out.with_name(out.name + ".journal")
        self.input_changed = False
        self._db = self._open()
        fingerprint = receipt.model_dump_json()
        self.restarted = self._other_run(fingerprint)
        if not resume or self.restarted:
            self._db.executescript("DELETE FROM chunk; DELETE FROM run;")
        if self._db.execute("SELECT 1 FROM run").fetchone() is None:
            self._db.execute("INSERT INTO run VALUES (?)", (fingerprint,))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.close()

    def _open(self) -> sqlite3.Connection:
        try:
            db = sqlite3.connect(self.path, isolation_level=None, timeout=0.2)
            db.execute("PRAGMA locking_mode=EXCLUSIVE")
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            raise OutputError(self._why_not(error)) from None
        return db

    def _why_not(self, error: sqlite3.DatabaseError) -> str:
        if "locked" in str(error):
            return f"{self.out}: another coach is writing it; wait for it, or name another --out"
        if "not a database" in str(error) or "malformed" in str(error):
            return f"{self.path}: is damaged; move it away to start over"
        return f"{self.out}: cannot be written: {error}; check that the folder exists, has room and may be written to"

    def _other_run(self, fingerprint: str) -> bool:
        row = self._db.execute("SELECT fingerprint FROM run").fetchone()
        return row is not None and row[0] != fingerprint

    def summary(self, n: int, records: Sequence[Record]) -> Summary | None:
        """The summary of chunk `n` where it was graded from just these records, else None.

        Later chunks of a run whose input has changed are forgotten.
        """
        row = self._db.execute("SELECT digest, summary FROM chunk WHERE n = ?", (n,)).fetchone()
        if row is None:
            return None
        if row[0] != digest(records):
            self.input_changed = True
            self.end_at(n)
            return None
        return Summary(*json.loads(row[1]))

    def add(self, n: int, records: Sequence[Record], summary: Summary, lines: Sequence[str]) -> None:
        """Keep a graded chunk."""
        row = (n, digest(records), json.dumps(summary), "".join(f"{line}\n" for line in lines))
        try:
            self._db.execute("INSERT INTO chunk VALUES (?, ?, ?, ?)", row)
        except sqlite3.DatabaseError as error:
            raise OutputError(self._why_not(error)) from None

    def end_at(self, n: int) -> None:
        """Forget chunk `n` and later ones: the input has become shorter."""
        self._db.execute("DELETE FROM chunk WHERE n >= ?", (n,))

    def lines(self) -> Iterator[str]:
        """The text of every chunk, in order."""
        return (text for (text,) in self._db.execute("SELECT lines FROM chunk ORDER BY n"))

    def publish(self) -> None:
        """Write the output whole, put it in place by renaming, and drop the journal."""
        part = self.out.with_name(self.out.name + ".part")
        try:
            with part.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(self.lines())
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.out)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise OutputError(
                f"{self.out}: cannot be written: {error.strerror}; the grades are kept in {self.path}"
            ) from None
        self._db.close()
        self.path.unlink(missing_ok=True)


def digest(records: Sequence[Record]) -> str:
    """A digest of all that decides how records are graded, and of what is carried with them."""
    hashed = hashlib.sha256()
    for record in records:
        question = record.question.model_dump_json() if record.question else None
        answer = record.answer
        whole = [answer.id, answer.question, answer.text, answer.carried, question, str(record.error)]
        hashed.update(json.dumps(whole).encode())
    return hashed.hexdigest()
