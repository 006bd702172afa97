"""Finished grades, told: as a page, as JUnit, on the terminal, and gone through by a person."""

from coach.report.figures import Figures, figures
from coach.report.graded import Graded, read_graded
from coach.report.junit import write_junit
from coach.report.page import write_report
from coach.report.reviewing import Item, apply_reviews, reported_grades, reviewed_grades, to_check, write_gold
from coach.report.rulings import Ruling, Rulings, keep_apart
from coach.report.summary import print_summary

__all__ = [
    "Figures",
    "Graded",
    "Item",
    "Ruling",
    "Rulings",
    "apply_reviews",
    "figures",
    "keep_apart",
    "print_summary",
    "read_graded",
    "reported_grades",
    "reviewed_grades",
    "to_check",
    "write_gold",
    "write_junit",
    "write_report",
]
