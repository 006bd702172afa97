"""Judgements kept on this machine under the hash of all that decides them.

A judgement is asked for again only when the answer, the question, the criterion, the model, the prompt or a
setting has changed; then its key is another. Losing the file loses time and nothing else.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

from platformdirs import user_cache_path

from coach.errors import JudgeError
from coach.terms import Judgement

_SCHEMA = "CREATE TABLE IF NOT EXISTS judgement (key TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID"
_MANY = 500


def cache_path() -> Path:
    """Where the cache is by default."""
    return user_cache_path("coach") / "judgements.sqlite"


class JudgementCache:
    """Judgements by key; several processes may use one file at once."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or cache_path()
        self._db = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def get(self, keys: Iterable[str]) -> dict[str, Judgement]:
        """The judgements that are kept under these keys."""
        wanted, found = list(dict.fromkeys(keys)), {}
        for start in range(0, len(wanted), _MANY):
            part = wanted[start : start + _MANY]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(f"SELECT key, json FROM judgement WHERE key IN ({marks})", part)
            found.update({key: Judgement.model_validate_json(text) for key, text in rows})
        return found

    def put(self, judgements: Mapping[str, Judgement]) -> None:
        """Keep judgements; what is there already stays."""
        rows = [(key, judgement.model_dump_json(exclude_defaults=True)) for key, judgement in judgements.items()]
        with self._db:
            self._db.executemany("INSERT OR IGNORE INTO judgement VALUES (?, ?)", rows)

    def _open(self) -> sqlite3.Connection:
        """The database; JudgeError where it cannot be opened."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self._opened_or_anew()
        except (OSError, sqlite3.DatabaseError) as error:
            raise JudgeError(f"{self.path}: cannot be opened: {error}; --fresh goes without it") from None

    def _opened_or_anew(self) -> sqlite3.Connection:
        try:
            return _connect(self.path)
        except sqlite3.OperationalError:  # another process begins the same file, and SQLite does not always wait
            return _connect(self.path)
        except sqlite3.DatabaseError:  # it is no database, or damaged: it is set aside
            self.path.replace(self.path.with_suffix(".damaged"))
            return _connect(self.path)


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=30, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute(_SCHEMA)
    return db
