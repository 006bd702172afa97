"""The straight path from an answer to a grade; pure: no I/O, no clock, no randomness.

answer - passages - evidence - judge - score - feedback - follow-up
"""

from coach.grading.feedback import feedback
from coach.grading.follow_up import follow_ups
from coach.grading.keys import criterion_keys
from coach.grading.overruling import final_grade
from coach.grading.passages import split_passages
from coach.grading.path import case_of, grade, grade_all
from coach.grading.score import score

__all__ = [
    "case_of",
    "criterion_keys",
    "feedback",
    "final_grade",
    "follow_ups",
    "grade",
    "grade_all",
    "score",
    "split_passages",
]
