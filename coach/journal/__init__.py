"""What practice leaves behind on this machine: attempts, drafts, grades, own verdicts and cards, in one SQLite file."""

from coach.journal.exchange import export_lines, read_export
from coach.journal.journal import Journal
from coach.journal.opening import journal_path

__all__ = ["Journal", "export_lines", "journal_path", "read_export"]
