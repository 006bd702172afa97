"""Progress: scores over time, mastery, weak points, one's own rating against the grade, the calendar."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime
from statistics import fmean
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Footer, Header, Static

from coach.plain import plain
from coach.practice import (
    Mastery,
    calendar,
    mastery_by_level,
    mastery_by_tag,
    overconfidence,
    scores,
    self_ratings,
    weakest_criteria,
)
from coach.terms import Question
from coach.tui.drawing import bar, spark, weeks
from coach.tui.keeper import Past
from coach.tui.screen import CoachScreen

LATEST = 50
"""Scores drawn, the newest."""
WEAKEST = 8
"""Criteria listed."""
WEEKS = 26
"""Weeks in the calendar."""


class ProgressScreen(CoachScreen):
    """One page, scrolled by keyboard."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.leave", "Home")]

    def compose(self) -> ComposeResult:
        """The page."""
        yield Header(icon="")
        with VerticalScroll(id="page"):
            yield Static(id="progress")
        yield Footer()

    def on_mount(self) -> None:
        """Draw it when the journal has answered."""
        super().on_mount()
        self.query_one("#page").focus()
        self._draw()

    def heading(self) -> str:
        """Where one is."""
        return "progress"

    @work
    async def _draw(self) -> None:
        past = await asyncio.wrap_future(self.coach.keeper.past())
        page = await asyncio.to_thread(page_of, self.coach.questions, past, self.coach.clock())
        self.say("#progress", page)


def page_of(questions: Mapping[str, Question], past: Past, now: datetime) -> str:
    """All figures of practice as a page of text."""
    if not past.records:
        return "Nothing yet: answer a question, and this page begins."
    return "\n\n".join(
        "\n".join(part)
        for part in (
            _scores(past),
            _ratings(past),
            _mastery("Mastery by level", mastery_by_level(questions, past.cards, now)),
            _mastery("Mastery by tag", mastery_by_tag(questions, past.cards, now)),
            _weakest(questions, past, now),
            _calendar(past, now),
        )
    ).rstrip()


def _scores(past: Past) -> Iterator[str]:
    earned = scores(past.records)
    yield "Scores over time"
    if not earned:
        yield "  no answer has a score yet"
        return
    latest = earned[-LATEST:]
    yield f"  {spark([each.score for each in latest], 100)}  the last is {earned[-1].score:.0f} of 100"
    for helped, words in ((False, "without help"), (True, "with help")):
        found = [each.score for each in earned if each.helped is helped]
        if found:
            yield f"  {words}: mean {fmean(found):.0f} over {_counted(len(found), 'answer')}"


def _ratings(past: Past) -> Iterator[str]:
    ratings = self_ratings(past.records)
    difference = overconfidence(ratings)
    yield "Your own rating against the grade"
    if difference is None:
        yield "  no answer rated yet"
        return
    direction = "more" if difference > 0 else "less"
    count = _counted(len(ratings), "answer")
    yield f"  you expect {abs(difference):.0f} points {direction} than you earn, over {count}"
    latest = ratings[-LATEST:]
    yield f"  expected {spark([each.expected for each in latest], 100)}"
    yield f"  earned   {spark([each.earned for each in latest], 100)}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _mastery(heading: str, groups: Mapping[str, Mastery]) -> Iterator[str]:
    yield heading
    width = max(map(len, groups), default=0)
    for name, each in groups.items():
        seen = f"{each.seen} of {each.criteria} points asked"
        yield f"  {plain(name):{width}} {bar(each.share, 20)} {each.share:4.0%}  {seen}"


def _weakest(questions: Mapping[str, Question], past: Past, now: datetime) -> Iterator[str]:
    yield "Weakest points"
    for weak in weakest_criteria(questions, past.cards, now)[:WEAKEST]:
        yield f"  {weak.credit:4.0%} {plain(questions[weak.question].criterion(weak.criterion).text)}"


def _calendar(past: Past, now: datetime) -> Iterator[str]:
    yield f"The last {WEEKS} weeks (· nothing, ▪ little, █ much)"
    counts = calendar((record.attempt for record in past.records), now.tzinfo)
    yield from (f"  {line}" for line in weeks(counts, now.date(), WEEKS))
