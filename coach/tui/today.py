"""What the home screen says of practice as a whole; pure functions of what the journal knows."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from coach.practice import (
    NEW_A_DAY,
    Mastery,
    due_questions,
    mastery_by_level,
    mastery_by_tag,
    new_today,
    seconds_practised,
    streak,
)
from coach.terms import Question
from coach.tui.drawing import hours
from coach.tui.keeper import Past


class Today(NamedTuple):
    """What is due, the day's figures in words, and mastery by level and by tag."""

    due: list[str]
    summary: str
    levels: dict[str, Mastery]
    tags: dict[str, Mastery]


def today_of(questions: Mapping[str, Question], past: Past, now: datetime) -> Today:
    """How practice stands at a moment."""
    due = [each.question for each in due_questions(questions, past.cards, now)]
    levels, tags = (measure(questions, past.cards, now) for measure in (mastery_by_level, mastery_by_tag))
    return Today(due, _summary(len(due), past, now), levels, tags)


def _summary(due: int, past: Past, now: datetime) -> str:
    attempts = [record.attempt for record in past.records]
    days, new = streak(attempts, now), new_today(past.asked, now)
    run = "1 day in a row" if days == 1 else f"{days} days in a row"
    return f"{due} due · {new} of {NEW_A_DAY} new today · {run} · {hours(seconds_practised(attempts))} practised"
