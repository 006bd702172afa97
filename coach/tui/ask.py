"""Ask: the question over an editor."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Header, Label, Static, TextArea

from coach.plain import plain
from coach.terms import Criterion, Question
from coach.tui.review import ReviewScreen

if TYPE_CHECKING:
    from coach.tui.app import CoachApp


class AskScreen(Screen[None]):
    """A question, or a follow-up to one of its criteria, and room for the answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f5", "grade", "Grade", priority=True),
        Binding("escape", "app.pop_screen", "Back"),
    ]

    def __init__(self, question: Question, nudge: Criterion | None = None) -> None:
        super().__init__()
        self._question = question
        self._nudge = nudge

    def compose(self) -> ComposeResult:
        """The question, the editor, and how many words are written."""
        asked = self._nudge.follow_up if self._nudge and self._nudge.follow_up else self._question.question
        yield Header(icon="")
        yield Static(Content(plain(asked)), id="asked")
        yield TextArea(id="answer", show_line_numbers=False, soft_wrap=True, tab_behavior="focus")
        yield Label("", id="status", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        """Ready to type."""
        self.sub_title = "follow-up" if self._nudge else self._question.level
        self.query_one(TextArea).focus()
        self._say()

    @on(TextArea.Changed)
    def _say(self, words: str = "") -> None:
        count = len(self.query_one(TextArea).text.split())
        status = words if isinstance(words, str) and words else f"{count} words · ctrl+s grades"
        self.query_one("#status", Label).update(status)

    def action_grade(self) -> None:
        """Hand the answer to the grader and show the grade when it is there."""
        answer = self.query_one(TextArea).text
        if not answer.strip():
            self._say("Write an answer first.")
            return
        question = self._nudged() if self._nudge else self._question
        app = cast("CoachApp", self.app)
        app.switch_screen(ReviewScreen(question, answer, app.grader.grade(question, answer)))

    def _nudged(self) -> Question:
        """The question reduced to the follow-up's criterion."""
        assert self._nudge is not None
        asked = self._nudge.follow_up or self._question.question
        return self._question.model_copy(update={"question": asked, "criteria": (self._nudge,)})
