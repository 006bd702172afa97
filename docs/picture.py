"""Draw the README's pictures of the app: home after some weeks of practice, a question with a hint, a review."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from textual.pilot import Pilot
from textual.widgets import TextArea

from coach.grading import grade
from coach.journal import Journal
from coach.judges import open_judge
from coach.library import load_library, shipped
from coach.preferences import Preferences
from coach.terms import Attempt, Record
from coach.tui import CoachApp

DOCS = Path(__file__).parent
NOW = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)
ASKED = "ai-inference/kv-cache"
DAYS = (23, 20, 17, 14, 12, 9, 8, 6, 5, 3, 2, 1)
"""How many days ago the first questions were answered, each with half of its model answer or all of it."""
ANSWER = """\
It stores the keys and values of previous tokens. We keep it to avoid recomputing attention for the earlier tokens at \
each step of generation.

The cache's size is constant, so its memory is never a problem for long sequences. It can take up more memory than the \
weights of the model do, though.
"""


async def home(pilot: Pilot[None]) -> None:
    """What is due, and how far one is."""
    await pilot.pause()


async def ask(pilot: Pilot[None]) -> None:
    """Half an answer, with a step of help."""
    await pilot.app.ask(ASKED)
    await pilot.pause()
    editor = pilot.app.screen.query_one(TextArea)
    editor.text = ANSWER.partition("\n\n")[0]
    editor.move_cursor(editor.document.end)
    await pilot.press("ctrl+t", "ctrl+t")


async def review(pilot: Pilot[None]) -> None:
    """An answer that makes a point and denies another; mini leaves the rest to the person."""
    await pilot.app.ask(ASKED)
    await pilot.pause()
    pilot.app.screen.query_one(TextArea).text = ANSWER
    await pilot.press("ctrl+s")
    await pilot.pause()
    await pilot.press("enter")


async def draw(lead: Callable[[Pilot[None]], Awaitable[None]]) -> None:
    """Lead to a screen and save it as SVG."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with Journal(NOW, folder / "journal.sqlite") as journal:
            journal.add(practised())
        app = CoachApp(
            load_library(shipped("rubrics")),
            "mini",
            journal=folder / "journal.sqlite",
            clock=lambda: NOW,
            preferences=Preferences(folder / "preferences.json"),
        )
        async with app.run_test(size=(100, 30)) as pilot:
            await app.workers.wait_for_complete()
            await lead(pilot)
            await pilot.pause()
            await app.workers.wait_for_complete()
            await pilot.pause()
            target = DOCS / f"{lead.__name__}.svg"
            target.write_text(app.export_screenshot(title="coach"), encoding="utf-8")


def practised() -> Iterator[Record]:
    """Some weeks of practice, judged by mini."""
    judge = open_judge("mini")
    for number, ((bank, question), days) in enumerate(zip(load_library(shipped("rubrics")), DAYS, strict=False)):
        said = question.reference or question.hint
        text = said if number % 3 else said[: len(said) // 2]
        at = NOW - timedelta(days=days)
        attempt = Attempt(question=f"{bank.bank}/{question.id}", at=at, text=text, seconds=150)
        weights = {each.id: each.weight for each in question.criteria}
        yield Record(attempt=attempt, grade=grade(question, text, judge), weights=weights)


if __name__ == "__main__":
    for each in (home, ask, review):
        asyncio.run(draw(each))
