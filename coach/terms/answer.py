"""An answer and the spans it is quoted by."""

from typing import Any, NamedTuple

from pydantic import Field

from coach.terms.model import Noun


class Span(NamedTuple):
    """A half-open range of code points in an answer's text."""

    start: int
    end: int


class Passage(NamedTuple):
    """A piece of an answer; all of them joined give the answer back.

    `start` and `end` count code points: `answer[start:end] == text`.
    """

    start: int
    end: int
    text: str

    def quote(self) -> "Passage":
        """The passage without the white space around its words."""
        stripped = self.text.strip()
        start = self.start + len(self.text) - len(self.text.lstrip())
        return Passage(start, start + len(stripped), stripped)


class Answer(Noun):
    """What a person said to a question; `carried` holds the record's other keys, untouched."""

    id: str
    question: str
    text: str
    carried: dict[str, Any] = Field(default_factory=dict)
