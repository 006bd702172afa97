"""Grades as they are written: a line of JSON each, and from those lines whole files."""

from coach.batch.writers.files import as_json_lines, check_out, write_grades
from coach.batch.writers.lines import grade_line, line_for

__all__ = ["as_json_lines", "check_out", "grade_line", "line_for", "write_grades"]
