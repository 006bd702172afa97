"""A text to read over what one is at: help, or a model answer."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from coach.plain import plain

HELP = """\
coach asks, you answer, a judge says which points of the rubric the answer made. Every quote is a span of your own \
words.

✔ made    ◐ half made    ○ missed    ✘ wrong: the opposite was said
? the judge is not sure: check this yourself

Home      Enter asks the selected question, n the one that is due or new.
          ✎ begun    ● due today    ✓ asked before
Answer    ctrl+s grades. ctrl+t gives help in three steps; what is earned
          with help is shown apart. The clock never cuts off, and what
          you write is kept.
Speak     ctrl+r, then space records and pauses, p plays back, d
          discards, enter transcribes; or give the path of a sound file.
          What was heard is a draft: words in doubt are underlined and
          listed. Correct it, then ctrl+s grades it.
Review    up and down select a point and mark its words in the answer.
          Your own verdict counts in place of the judge's:
          c made, p half made, m missed, x wrong.
          f answers the follow-up, a shows a model answer, n asks the next.

tab moves on, escape goes back, ctrl+p has all commands and themes,
ctrl+q quits.
Nothing is sent anywhere unless you choose a hosted judge.
"""


class ReadingScreen(ModalScreen[None]):
    """A text in a box, scrolled by keyboard."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q", "app.pop_screen", "Close")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._heading, self._text = title, text

    def compose(self) -> ComposeResult:
        """The text."""
        with VerticalScroll(id="reading") as box:
            box.border_title = Content(self._heading)
            yield Static(Content(plain(self._text)))
        yield Footer()
