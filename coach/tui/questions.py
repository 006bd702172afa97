"""Choose a question: by level, or by typing a part of it."""

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Header, Input, OptionList
from textual.widgets.option_list import Option

from coach.library import Library
from coach.plain import plain
from coach.terms import Question
from coach.tui.ask import AskScreen


class QuestionsScreen(Screen[None]):
    """All questions under their levels, with a filter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search"),
        Binding("escape", "clear", "Clear search", show=False),
        Binding("down", "to_list", show=False),
    ]

    def __init__(self, library: Library) -> None:
        super().__init__()
        self._questions = {f"{bank.bank}/{question.id}": question for bank, question in library}

    def compose(self) -> ComposeResult:
        """A search line over the list."""
        yield Header(icon="")
        yield Input(placeholder="Search questions, levels and tags", id="filter", select_on_focus=False)
        yield OptionList(*self._options(""), id="questions", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        """The list has the keyboard first."""
        self.sub_title = f"{len(self._questions)} questions"
        self._first()

    def _first(self) -> None:
        questions = self.query_one(OptionList)
        questions.focus()
        questions.action_first()

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        questions = self.query_one(OptionList)
        questions.clear_options()
        questions.add_options(list(self._options(event.value)))

    @on(Input.Submitted)
    def action_to_list(self) -> None:
        """From the search line into the list."""
        self._first()

    def action_search(self) -> None:
        """From the list into the search line."""
        self.query_one(Input).focus()

    def action_clear(self) -> None:
        """Show all questions again."""
        self.query_one(Input).value = ""
        self._first()

    def _options(self, wanted: str) -> Iterator[Option]:
        """A heading a level, and under it the questions that have every word searched for."""
        words, level = wanted.lower().split(), None
        for name, question in self._questions.items():
            if not matches(question, words):
                continue
            if question.level != level:
                level = question.level
                yield Option(Content.styled(level.capitalize(), "bold $text-accent"), disabled=True)
            yield Option(Content(f"  {plain(question.question)}"), id=name)

    @on(OptionList.OptionSelected)
    def _ask(self, event: OptionList.OptionSelected) -> None:
        if event.option.id is not None:
            self.app.push_screen(AskScreen(self._questions[event.option.id]))


def matches(question: Question, words: list[str]) -> bool:
    """True when the question, its id, level and tags together have every word."""
    if not words:
        return True
    text = " ".join((question.question, question.id, question.level, *question.tags)).lower()
    return all(word in text for word in words)
