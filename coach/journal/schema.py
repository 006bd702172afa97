"""The tables of the journal, and how a file of an earlier version becomes one of today's.

Times are UTC in ISO 8601. `question` is `bank/question`. The first migration makes version 1, each later one the next;
one that has been released never changes. A key that comes into or goes out of the JSON of a grade makes a version too.
"""

import sqlite3
from collections.abc import Sequence

FIRST = """
CREATE TABLE attempt (
    id TEXT PRIMARY KEY,
    question TEXT NOT NULL,
    at TEXT NOT NULL,
    text TEXT NOT NULL,
    seconds REAL NOT NULL,
    mode TEXT NOT NULL,
    spoken INTEGER NOT NULL,
    audio TEXT,
    delivery TEXT,
    hints INTEGER NOT NULL,
    self_rating REAL CHECK (self_rating BETWEEN 0 AND 100),
    follow_up_of TEXT,
    criterion TEXT
) WITHOUT ROWID;
CREATE INDEX attempt_by_question ON attempt (question, at);
CREATE TABLE grade (
    attempt TEXT PRIMARY KEY REFERENCES attempt (id) ON DELETE CASCADE,
    grade TEXT NOT NULL,
    weights TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE own_verdict (
    attempt TEXT NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    criterion TEXT NOT NULL,
    verdict TEXT NOT NULL,
    author TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (attempt, criterion)
) WITHOUT ROWID;
CREATE TABLE card (
    question TEXT NOT NULL,
    criterion TEXT NOT NULL,
    stability REAL NOT NULL,
    difficulty REAL NOT NULL,
    due TEXT NOT NULL,
    last_review TEXT NOT NULL,
    credit REAL NOT NULL,
    PRIMARY KEY (question, criterion)
) WITHOUT ROWID;
CREATE TABLE draft (
    question TEXT NOT NULL,
    criterion TEXT NOT NULL,
    at TEXT NOT NULL,
    text TEXT NOT NULL,
    seconds REAL NOT NULL,
    hints INTEGER NOT NULL,
    follow_up_of TEXT,
    PRIMARY KEY (question, criterion)
) WITHOUT ROWID;
"""

SPOKEN = """
ALTER TABLE attempt ADD COLUMN doubt REAL NOT NULL DEFAULT 0 CHECK (doubt BETWEEN 0 AND 1);
ALTER TABLE draft ADD COLUMN audio TEXT;
ALTER TABLE draft ADD COLUMN transcript TEXT;
"""

MIGRATIONS: tuple[str, ...] = (FIRST, SPOKEN)


def version(db: sqlite3.Connection) -> int:
    """The version of a file's schema; 0 where there are no tables yet."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Lead a file to the newest version, each step whole or not at all."""
    for number, script in enumerate(migrations[version(db) :], version(db) + 1):
        try:
            db.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")
        except sqlite3.DatabaseError:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
