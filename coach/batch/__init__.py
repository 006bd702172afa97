"""Grading files of answers: read, run, write."""

from coach.batch.grade_store import GradeStore
from coach.batch.readers import Columns, Record, count_records, read_records
from coach.batch.run import CHUNK, Engine, Progress, grade_into, in_this_process
from coach.batch.run_journal import RunJournal
from coach.batch.summary import Summary
from coach.batch.writers import grade_line

__all__ = [
    "CHUNK",
    "Columns",
    "Engine",
    "GradeStore",
    "Progress",
    "Record",
    "RunJournal",
    "Summary",
    "count_records",
    "grade_into",
    "grade_line",
    "in_this_process",
    "read_records",
]
