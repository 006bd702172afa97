"""The questions of the home screen: what is begun or due first, then all by level, few at a time."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from coach.terms import Question
from coach.tui.keeper import Past

BEGUN, DUE = "Begun", "Due today"
AT_ONCE = 200
"""Questions drawn at once; the rest is a search away, or one more row."""


class Entry(NamedTuple):
    """A question under its heading, with a sign of how it stands."""

    heading: str
    name: str
    sign: str


class Found(NamedTuple):
    """The first of the entries that were searched for, and how many more there are."""

    entries: list[Entry]
    more: int


class Listing:
    """All questions in the order they are shown, and what of them can be searched."""

    def __init__(self, questions: Mapping[str, Question]) -> None:
        self._questions = questions
        self._texts = {name: searchable(name, question) for name, question in questions.items()}
        self.entries = [Entry(question.level.capitalize(), name, " ") for name, question in self._by_level()]

    def _by_level(self) -> list[tuple[str, Question]]:
        levels = list(dict.fromkeys(question.level for question in self._questions.values()))
        return sorted(self._questions.items(), key=lambda item: levels.index(item[1].level))

    def arranged(self, past: Past, due: Iterable[str]) -> list[Entry]:
        """The entries with what is begun and what is due before the others."""
        begun = [each.question for each in past.drafts if not each.follow_up and each.question in self._questions]
        first = {name: Entry(BEGUN, name, "✎") for name in begun}
        first |= {name: Entry(DUE, name, "●") for name in due if name not in first}
        seen = {each.question for each in past.asked}
        rest = (Entry(q.level.capitalize(), name, "✓" if name in seen else " ") for name, q in self._by_level())
        return [*first.values(), *(entry for entry in rest if entry.name not in first)]

    def find(self, wanted: str, entries: Iterable[Entry], limit: int) -> Found:
        """The entries whose question, bank, level and tags together have every word."""
        words = wanted.lower().split()
        matching = [each for each in entries if all(word in self._texts[each.name] for word in words)]
        return Found(matching[:limit], max(0, len(matching) - limit))


def searchable(name: str, question: Question) -> str:
    """All that a question can be found by."""
    return " ".join((question.question, name, question.level, *question.tags)).lower()
