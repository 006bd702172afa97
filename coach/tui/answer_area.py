"""The editor of an answer: nothing typed, pasted or heard drives the terminal, and words in doubt are underlined."""

from collections import defaultdict
from collections.abc import Iterable

from rich.text import Text
from textual.widgets import TextArea

from coach.plain import plain
from coach.terms import Passage, Span


class AnswerArea(TextArea):
    """A text area in which words can be underlined."""

    underlined: dict[int, list[Span]] = {}  # noqa: RUF012  # replaced, never changed

    def underline(self, words: Iterable[Passage]) -> None:
        """Underline these words of the text and no others."""
        self.underlined = defaultdict(list)
        for word in words:
            line, column = self.text.count("\n", 0, word.start), word.start - 1 - self.text.rfind("\n", 0, word.start)
            self.underlined[line].append(Span(column, column + len(word.text)))
        self.notify_style_update()

    def get_line(self, line_index: int) -> Text:
        """A line of the text as it is shown."""
        line = Text(plain(self.document.get_line(line_index)), end="", no_wrap=True)
        for span in self.underlined.get(line_index, ()):
            line.stylize("underline", span.start, span.end)
        return line
