"""Open the journal's file: private, whole, and of this coach's version.

One process opens at a time, so that two never mend or migrate the same file.
"""

import os
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock
from platformdirs import user_data_path

from coach.errors import JournalError
from coach.journal.schema import MIGRATIONS, migrate, version

PATIENCE = 30
"""Seconds to wait for another coach that is writing."""
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Opened(NamedTuple):
    """A database that is ready, and where a damaged one went before it was begun."""

    db: sqlite3.Connection
    set_aside: Path | None


def journal_path() -> Path:
    """Where the journal is by default, in a folder of its own."""
    return user_data_path("coach") / "practice" / "journal.sqlite"


def open_database(path: Path, now: datetime) -> Opened:
    """Open or begin the journal; a damaged file is renamed and a new one begun.

    JournalError where a newer coach wrote it, or where it cannot be read and written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        with FileLock(f"{path}.lock", PATIENCE, mode=0o600):
            return _open(path, now)
    except (OSError, sqlite3.Error) as error:
        raise JournalError(why_not(path, error)) from None


def _open(path: Path, now: datetime) -> Opened:
    try:
        return Opened(_connect(path), None)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
    aside = _set_aside(path, now)
    return Opened(_connect(path), aside)


def _connect(path: Path) -> sqlite3.Connection:
    _make_private(path)
    db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        _prepare(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    found = version(db)
    if found > len(MIGRATIONS):
        versions = f"its schema is version {found}, this coach knows {len(MIGRATIONS)}"
        raise JournalError(f"{path}: was written by a newer coach ({versions}); upgrade coach; nothing was changed")
    if faults := [row[0] for row in db.execute("PRAGMA quick_check(1)") if row[0] != "ok"]:
        raise _damage(faults[0])
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA secure_delete = ON")
    migrate(db, MIGRATIONS)


def _damage(what: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(what)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _make_private(path: Path) -> None:
    """Create the file, or take it away from other users' eyes; what SQLite puts beside it has the same mode."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is broken, rather than busy, full or not ours."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _set_aside(path: Path, now: datetime) -> Path:
    """Rename a damaged file with what SQLite keeps beside it; its new path."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    names = (f"{path.stem}.damaged-{stamp}{again}{path.suffix}" for again in ("", *(f"-{n}" for n in range(2, 1000))))
    aside = next(each for name in names if not (each := path.with_name(name)).exists())
    path.rename(aside)
    for beside in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{beside}").rename(f"{aside}{beside}")
    return aside


def why_not(path: Path, error: Exception) -> str:
    """What keeps the journal from being used, and what to do."""
    if isinstance(error, sqlite3.Error) and is_damage(error):
        return f"{path}: has been damaged; start coach again: it is set aside and a new one is begun"
    if "lock" in str(error):
        return f"{path}: another coach has been writing for {PATIENCE} seconds; try again"
    reason = error.strerror if isinstance(error, OSError) else error
    return f"{path}: cannot be used: {reason}; check that the folder may be written to and has room"
