"""Review: the score, each criterion with its verdict and quote, the answer with its quotes marked."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content, Span
from textual.screen import Screen
from textual.widgets import Footer, Header, OptionList, Static
from textual.widgets.option_list import Option

from coach.errors import CoachError
from coach.grading.feedback import HEADINGS, headline
from coach.grading.follow_up import follow_up, weakest
from coach.plain import plain
from coach.terms import Criterion, CriterionGrade, Grade, Question, Verdict

MARKS = {
    Verdict.COVERED: ("✔", "$text-success"),
    Verdict.PARTIAL: ("◐", "$text-warning"),
    Verdict.MISSED: ("○", "$text-muted"),
    Verdict.CONTRADICTED: ("✘", "$text-error"),
    Verdict.UNJUDGED: ("?", "$text-muted"),
}
"""A sign and a colour a verdict; the sign alone tells them apart."""


class ReviewScreen(Screen[None]):
    """One graded answer; it shows that it is grading until the grade is there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "follow_up", "Answer the follow-up"),
        Binding("m", "reference", "Model answer"),
        Binding("escape", "app.pop_screen", "Questions"),
    ]

    def __init__(self, question: Question, answer: str, grade: "Future[Grade]") -> None:
        super().__init__()
        self._question = question
        self._answer = plain(answer)
        self._coming = grade
        self._grade: Grade | None = None

    def compose(self) -> ComposeResult:
        """The score over the criteria, beside them the answer, below them the follow-up."""
        yield Header(icon="")
        yield Static(Content("Grading …"), id="headline")
        with Horizontal():
            yield OptionList(id="criteria", markup=False)
            with Vertical():
                yield Static(id="point")
                with VerticalScroll():
                    yield Static(Content(self._answer), id="said")
        yield Static(id="follow-up")
        yield Footer()

    def on_mount(self) -> None:
        """Wait for the grade without holding up the keyboard."""
        self.sub_title = self._question.level
        self._await_grade()

    @work
    async def _await_grade(self) -> None:
        try:
            self._grade = await asyncio.wrap_future(self._coming)
        except CoachError as error:
            self._headline(f"Not graded: {plain(str(error))}")
            return
        self._show(self._grade)

    def _headline(self, words: str) -> None:
        self.query_one("#headline", Static).update(Content(words))

    def _show(self, grade: Grade) -> None:
        self._headline(headline(grade))
        criteria = self.query_one(OptionList)
        criteria.add_options(list(self._options(grade)))
        criteria.focus()
        criteria.action_first()
        if asked := self._next():
            self.query_one("#follow-up", Static).update(Content(f"Next: {plain(follow_up(asked))}"))

    def _options(self, grade: Grade) -> Iterator[Option]:
        """The criteria, what was contradicted first."""
        for verdict in HEADINGS:
            for each in grade.criteria:
                if each.verdict is verdict:
                    sign, colour = MARKS[verdict]
                    text = plain(self._question.criterion(each.id).text)
                    yield Option(Content.assemble((sign, colour), f" {text}"), id=each.id)

    @on(OptionList.OptionHighlighted)
    def _select(self, event: OptionList.OptionHighlighted) -> None:
        """Say the verdict on the selected criterion and mark its quotes in the answer."""
        if self._grade is None or event.option.id is None:
            return
        found = next(each for each in self._grade.criteria if each.id == event.option.id)
        sign, colour = MARKS[found.verdict]
        self.query_one("#point", Static).update(Content.assemble((f"{sign} {in_words(found)}", colour)))
        self.query_one("#said", Static).update(marked(self._answer, found, colour))

    def _next(self) -> Criterion | None:
        if self._grade is None:
            return None
        return next(iter(weakest(self._question, self._grade.criteria)), None)

    def action_follow_up(self) -> None:
        """Ask about the weakest criterion."""
        from coach.tui.ask import AskScreen

        if asked := self._next():
            self.app.push_screen(AskScreen(self._question, nudge=asked))

    def action_reference(self) -> None:
        """Show the model answer below."""
        if self._question.reference:
            text = f"Model answer: {plain(self._question.reference)}"
            self.query_one("#follow-up", Static).update(Content(text))


def in_words(found: CriterionGrade) -> str:
    """The verdict, how sure, and why where the judge says so."""
    sure = f", {found.confidence:.0%} sure" if found.confidence is not None else ""
    return f"{HEADINGS[found.verdict]}{sure}" + (f": {plain(found.reason)}" if found.reason else "")


def marked(answer: str, found: CriterionGrade, colour: str) -> Content:
    """The answer with the quotes of one criterion marked in place."""
    spans = [Span(quote.start, quote.end, f"reverse {colour}") for quote in found.evidence]
    return Content(answer, spans=spans)
