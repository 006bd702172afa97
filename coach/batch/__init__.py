"""Grading files of answers: read, run, write."""

from coach.batch.readers import Record, read_records
from coach.batch.run import Progress, grade_into, grade_records
from coach.batch.run_journal import RunJournal
from coach.batch.summary import Summary
from coach.batch.writers import grade_line

__all__ = ["Progress", "Record", "RunJournal", "Summary", "grade_into", "grade_line", "grade_records", "read_records"]
