"""Mock interview: questions one after another, no hints, no grades between; a report at the end."""

import asyncio
import re
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Footer, Header, Input, Label, Static, TextArea

from coach.errors import CoachError, OutputError
from coach.practice import MockAnswer, as_html, as_markdown
from coach.practice.mock_report import points, summary, verdict_on
from coach.terms import Attempt, Draft, Grade, Mode, Question
from coach.tui.ask import AskScreen
from coach.tui.screen import CoachScreen
from coach.tui.spoken import delivery_line

_LENGTH = re.compile(r"(?P<count>[1-9]\d{0,2})\s*(?P<minutes>m|min|minutes?)?", re.IGNORECASE)


@dataclass
class Interview:
    """The questions of a mock interview, and what was answered so far with the grades that are coming."""

    names: list[str]
    answered: list[tuple[Question, Attempt, "Future[Grade]"]] = field(default_factory=list)


class MockLength(ModalScreen[str | None]):
    """Ask how long the interview is to be; the text is a number of questions or of minutes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Back")]

    def compose(self) -> ComposeResult:
        """One line to fill in."""
        with Vertical(id="dialog"):
            yield Label("How long? A number of questions, or of minutes: 5, or 30 min", markup=False)
            yield Input("5", id="length")
            yield Label("", id="trouble", markup=False)
        yield Footer()

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        if _LENGTH.fullmatch(event.value.strip()):
            self.dismiss(event.value.strip())
        else:
            self.query_one("#trouble", Label).update("Write a number from 1 to 999, with 'min' behind it for minutes.")


def length(text: str) -> tuple[int, bool]:
    """The number that was written, and whether it counts minutes."""
    found = _LENGTH.fullmatch(text)
    assert found is not None
    return int(found["count"]), found["minutes"] is not None


class MockScreen(AskScreen):
    """A question of the interview."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f5", "submit", "Next"),
        Binding("ctrl+n", "pass", "Pass"),
        Binding("escape", "back", "Break off"),
    ]
    MODE = Mode.MOCK
    HINTED = False

    def __init__(self, interview: Interview, question: Question, draft: Draft | None = None) -> None:
        super().__init__(interview.names[len(interview.answered)], question, draft)
        self._interview = interview

    def heading(self) -> str:
        """Which of the questions."""
        count = len(self._interview.names)
        return f"mock interview, question {len(self._interview.answered) + 1} of {count}"

    def again(self, draft: Draft) -> AskScreen:
        """The same question, with what there is of the answer by now."""
        return MockScreen(self._interview, self.question, draft)

    def action_pass(self) -> None:
        """Go on with what is written, which may be nothing and earn nothing."""
        self.text = self.query_one(TextArea).text
        self.submitted(self.attempt())

    def submitted(self, attempt: Attempt) -> None:
        """Grading goes on behind the next question."""
        self._interview.answered.append((self.question, attempt, self.coach.hand_in(self.question, attempt)))
        self.coach.go_on(self._interview)


class MockReport(CoachScreen):
    """What the interview came to, as text here and as files."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "save", "Save as Markdown and HTML"),
        Binding("escape", "app.leave", "Home"),
    ]

    def __init__(self, interview: Interview) -> None:
        super().__init__()
        self._interview = interview
        self._answers: list[MockAnswer] | None = None

    def compose(self) -> ComposeResult:
        """The report."""
        yield Header(icon="")
        with VerticalScroll(id="page"):
            yield Static(id="report")
        yield Footer()

    def on_mount(self) -> None:
        """Wait for the last grades."""
        super().on_mount()
        self._at = self.coach.clock()
        self.query_one("#page").focus()
        self.say("#report", "Grading …")
        self._await_grades()

    def heading(self) -> str:
        """Where one is."""
        return "mock interview, report"

    @work
    async def _await_grades(self) -> None:
        self._answers = [
            MockAnswer(q, attempt, await graded(coming)) for q, attempt, coming in self._interview.answered
        ]
        self.say("#report", "\n\n".join([summary(self._answers, self._at), *map(told, self._answers)]))

    def action_save(self) -> None:
        """Write both files into the folder that coach was started in."""
        if self._answers is None:
            return
        from coach.report.files import replacing  # all of coach's reports come with it

        stem = Path.cwd() / f"mock-interview-{self._at:%Y-%m-%d-%H%M}"
        try:
            for suffix, draw in ((".md", as_markdown), (".html", as_html)):
                with replacing(stem.with_suffix(suffix)) as file:
                    file.write(draw(self._answers, self._at))
        except OutputError as error:
            self.notify(str(error), severity="error", timeout=30, markup=False)
            return
        self.notify(f"{stem}.md and .html", title="Saved", markup=False)


async def graded(coming: "Future[Grade]") -> Grade | None:
    """The grade, or None where the judge broke down."""
    try:
        return await asyncio.shield(asyncio.wrap_future(coming))  # it goes on when one leaves
    except CoachError:
        return None


def told(answer: MockAnswer) -> str:
    """An answer of the interview in lines."""
    lines = [f"  {point.heading}: {point.text}" for point in points(answer)]
    said = [f"  {line}" for line in [delivery_line(answer.attempt.delivery)] if line]
    return "\n".join([answer.question.question, f"  {verdict_on(answer)}", *lines, *said])
