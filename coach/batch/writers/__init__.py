"""Grades as they are written: a line of JSON each, and from those lines whole files."""

from coach.batch.writers.files import check_kind, write_grades
from coach.batch.writers.lines import grade_line, line_for

__all__ = ["check_kind", "grade_line", "line_for", "write_grades"]
