"""Practice over weeks: the session, the schedule, help, mastery, mock interviews.

Pure: no I/O and no clock; `now` is passed in, and its time zone says which day it is.
"""

from coach.practice.hints import STEPS, hints
from coach.practice.mastery import (
    Mastery,
    Rated,
    Scored,
    Weak,
    calendar,
    mastery_by_level,
    mastery_by_tag,
    overconfidence,
    scores,
    seconds_practised,
    self_ratings,
    streak,
    weakest_criteria,
)
from coach.practice.mock import mock_of, mock_within
from coach.practice.mock_report import MockAnswer, as_html, as_markdown
from coach.practice.schedule import (
    NEW_A_DAY,
    Asked,
    due_questions,
    is_due,
    new_today,
    next_question,
    rating,
    recall,
    replayed,
    reviewed,
)
from coach.practice.session import TRANSITIONS, Event, State, after, events, mermaid
from coach.practice.timing import soft_limit

__all__ = [
    "NEW_A_DAY",
    "STEPS",
    "TRANSITIONS",
    "Asked",
    "Event",
    "Mastery",
    "MockAnswer",
    "Rated",
    "Scored",
    "State",
    "Weak",
    "after",
    "as_html",
    "as_markdown",
    "calendar",
    "due_questions",
    "events",
    "hints",
    "is_due",
    "mastery_by_level",
    "mastery_by_tag",
    "mermaid",
    "mock_of",
    "mock_within",
    "new_today",
    "next_question",
    "overconfidence",
    "rating",
    "recall",
    "replayed",
    "reviewed",
    "scores",
    "seconds_practised",
    "self_ratings",
    "soft_limit",
    "streak",
    "weakest_criteria",
]
