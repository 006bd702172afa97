"""Where something was met first in a stream of any length."""

import sqlite3
from types import TracebackType
from typing import Self

from coach.errors import OutputError


class FirstSeen:
    """Places by key; beyond 16 MB they lie in a temporary file, so that a million of them take no memory."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.execute("PRAGMA cache_size=-16384")
        self._db.execute("CREATE TABLE place (key BLOB PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID")
        self._db.execute("BEGIN")  # never committed: SQLite would go through all changed pages after every key

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.close()

    def first(self, key: bytes, n: int) -> int:
        """The place where `key` was met first: `n` itself where it never was."""
        try:
            if self._db.execute("INSERT OR IGNORE INTO place VALUES (?, ?)", (key, n)).rowcount:
                return n
        except sqlite3.DatabaseError as error:
            raise OutputError(f"no room for temporary files ({error}); TMPDIR can name another folder") from None
        found: int = self._db.execute("SELECT n FROM place WHERE key = ?", (key,)).fetchone()[0]
        return found
