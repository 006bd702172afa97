"""The app: a stack of screens over one library and one grader."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from coach.judges import open_judge
from coach.library import Library
from coach.terms import Judge
from coach.tui.grader import Grader
from coach.tui.questions import QuestionsScreen


class CoachApp(App[None]):
    """Choose a question, answer it, see what the answer made of it."""

    TITLE = "coach"
    CSS_PATH = "coach.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Quit", priority=True)]

    def __init__(self, library: Library, judge: str, opener: Callable[[str], Judge] = open_judge) -> None:
        super().__init__()
        self.library = library
        self.judge_name = judge
        self._opener = opener
        self.grader: Grader

    def on_mount(self) -> None:
        """Show the questions at once; the judge opens behind them."""
        self.grader = Grader(partial(self._opener, self.judge_name))
        self.push_screen(QuestionsScreen(self.library))

    def on_unmount(self) -> None:
        """Let go of the grader's thread."""
        self.grader.close()
