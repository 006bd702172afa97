"""The journal on a thread of its own, so that a slow disk or another coach never blocks the screen."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple, TypeVar

from coach.errors import JournalError
from coach.journal import Journal
from coach.practice import Asked
from coach.terms import Card, Draft, Record

T = TypeVar("T")


class Past(NamedTuple):
    """All that the journal knows."""

    records: list[Record]
    cards: list[Card]
    drafts: list[Draft]
    asked: list[Asked]


NOTHING = Past([], [], [], [])


class Keeper:
    """Opens the journal once and does with it what it is told, in order."""

    def __init__(self, open_journal: Callable[[], Journal]) -> None:
        self.closed = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._journal: Future[Journal] = self._thread.submit(open_journal)

    def ask(self, use: Callable[[Journal], T]) -> Future[T]:
        """What comes of using the journal; JournalError in the future."""
        return self._thread.submit(lambda: use(self._journal.result()))

    def past(self) -> Future[Past]:
        """What the journal knows now."""
        return self.ask(lambda journal: Past(journal.records(), journal.cards(), journal.drafts(), journal.asked()))

    def close(self) -> None:
        """Wait until all is written."""
        self.closed = True
        self._thread.submit(self._close)
        self._thread.shutdown()

    def _close(self) -> None:
        with suppress(JournalError):  # it was told when the journal was opened
            self._journal.result().__exit__()
