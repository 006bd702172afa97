"""The lines of a run by their place in the input."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import NamedTuple, Self

from coach.batch.summary import Count
from coach.errors import OutputError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS grade (
    n INTEGER PRIMARY KEY, digest BLOB NOT NULL, line TEXT NOT NULL, error INTEGER NOT NULL, unjudged INTEGER NOT NULL,
    score REAL
)
"""


class Entry(NamedTuple):
    """A record's place, its digest, its line in the output and what it adds to the summary."""

    n: int
    digest: bytes
    line: str
    adds: Count


class GradeStore:
    """Entries in a temporary file; a context manager. `RunJournal` is the one that lasts."""

    def __init__(self) -> None:
        self.input_changed = False
        with self._told():
            self._db = self._connect()
            self._db.execute(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.close()

    def standing(self, digests: Mapping[int, bytes]) -> dict[int, Count]:
        """Which of these places are graded, from just the record that is there now."""
        query = "SELECT n, digest, error, unjudged, score FROM grade WHERE n BETWEEN ? AND ?"
        with self._told():
            rows = self._db.execute(query, (min(digests), max(digests))).fetchall()
        found = {n: Count(bool(error), *rest) for n, digest, error, *rest in rows if digest == digests[n]}
        self.input_changed |= len(found) < len(rows)
        return found

    def add(self, entries: Sequence[Entry]) -> None:
        """Keep entries, all or none of them."""
        with self._told():
            self._db.execute("BEGIN")
            self._db.executemany(
                "INSERT OR REPLACE INTO grade VALUES (?, ?, ?, ?, ?, ?)",
                [(n, digest, line, *adds) for n, digest, line, adds in entries],
            )
            self._db.execute("COMMIT")

    def get(self, n: int) -> tuple[str, Count]:
        """The line at a place that is graded, and what it adds to the summary."""
        query = "SELECT line, error, unjudged, score FROM grade WHERE n = ?"
        with self._told():
            line, error, *rest = self._db.execute(query, (n,)).fetchone()
        return line, Count(bool(error), *rest)

    def lines(self, start: int = 0) -> Iterator[str]:
        """The lines from a place on, in order."""
        with self._told():
            for (line,) in self._db.execute("SELECT line FROM grade WHERE n >= ? ORDER BY n", (start,)):
                yield line

    def end_at(self, n: int) -> None:
        """Forget place `n` and those after it: the input ends there."""
        with self._told():
            self.input_changed |= self._db.execute("DELETE FROM grade WHERE n >= ?", (n,)).rowcount > 0

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect("", isolation_level=None)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Make of what SQLite complains about a message for the person at the keyboard."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise OutputError(self._why_not(error)) from None

    def _why_not(self, error: sqlite3.DatabaseError) -> str:
        return f"no room for temporary files ({error}); TMPDIR can name another folder"
