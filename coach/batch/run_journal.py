"""What a run has graded so far, on disk beside its output.

The journal is the truth: a chunk of records is in it whole or not at all, and the output is written from it when the
last one is in. Each entry keeps a digest of its record, so that a run that goes on later finds out when its input has
changed.
"""

import sqlite3
from pathlib import Path

from coach.batch.grade_store import GradeStore
from coach.batch.writers import write_grades
from coach.errors import OutputError
from coach.terms import Receipt


class RunJournal(GradeStore):
    """The answers graded so far; a context manager that holds the journal for one process alone."""

    def __init__(self, out: Path, receipt: Receipt, resume: bool = True) -> None:
        self.out = out
        self.path = out.with_name(out.name + ".journal")
        super().__init__()
        with self._told():
            self.restarted = self._begin(receipt.model_dump_json(), resume)

    def write(self) -> None:
        """Write the output whole, and put it in place by renaming."""
        try:
            write_grades(self.out, self.lines)
        except OSError as error:
            kept = f"the grades are kept in {self.path}; make room and run the same command again"
            raise OutputError(f"{self.out}: cannot be written: {error.strerror or error}; {kept}") from None

    def drop(self) -> None:
        """Remove the journal: its grades are where they belong."""
        self._db.close()
        self.path.unlink(missing_ok=True)

    def _begin(self, fingerprint: str, resume: bool) -> bool:
        """Forget what another judge has graded, or everything; whether it was another judge."""
        self._db.execute("CREATE TABLE IF NOT EXISTS run (fingerprint TEXT NOT NULL)")
        kept = self._db.execute("SELECT fingerprint FROM run").fetchone()
        other = kept is not None and kept[0] != fingerprint
        if kept is None or other or not resume:
            self._db.executescript("BEGIN; DELETE FROM grade; DELETE FROM run;")
            self._db.execute("INSERT INTO run VALUES (?)", (fingerprint,))
            self._db.execute("COMMIT")
        return other

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, timeout=0.2)
        db.execute("PRAGMA locking_mode=EXCLUSIVE")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        return db

    def _why_not(self, error: sqlite3.DatabaseError) -> str:
        if "locked" in str(error):
            return f"{self.out}: another coach is writing it; wait for it, or name another --out"
        if "not a database" in str(error) or "malformed" in str(error):
            return f"{self.path}: is damaged; move it away to start over"
        return f"{self.out}: cannot be written: {error}; check that the folder exists, has room and may be written to"
