"""Drive the terminal app in tests: a fixed clock, a journal of its own, and what the screen says."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from practice_records import NOON
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static, TextArea

from coach.journal import Journal
from coach.judges import ScriptedJudge
from coach.library import Library
from coach.preferences import Preferences
from coach.terms import Judge, Record
from coach.tui import CoachApp

ANSWER = "One is the first natural number.\nI have nothing else to say about it."


def app_of(library: Library, folder: Path, judge: Judge | None = None, now: datetime = NOON) -> CoachApp:
    """The app at noon, with its journal and what is chosen in a folder."""
    return app_with(library, folder, lambda name: judge or ScriptedJudge(), now)


def app_with(library: Library, folder: Path, opener: Callable[[str], Judge], now: datetime = NOON) -> CoachApp:
    """The same, with a way of one's own to open judges."""
    preferences = Preferences(folder / "preferences.json")
    judge = preferences.chosen.judge or "scripted"
    return CoachApp(library, judge, opener, folder / "journal.sqlite", lambda: now, preferences)


def practised(folder: Path, records: Iterable[Record]) -> None:
    """Let the journal of a folder know records."""
    with Journal(NOON, folder / "journal.sqlite") as journal:
        journal.add(records)


def kept(folder: Path) -> list[Record]:
    """What the journal of a folder knows, when the app is closed."""
    with Journal(NOON, folder / "journal.sqlite") as journal:
        return journal.records()


async def settled(pilot: Pilot[None]) -> None:
    """Wait until what was asked of journal and judge is on the screen."""
    app = pilot.app
    assert isinstance(app, CoachApp)
    await pilot.pause()
    await asyncio.wrap_future(app.keeper.ask(lambda journal: None))
    await pilot.pause()
    await app.workers.wait_for_complete()
    await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, and wait after each for what comes of it."""
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


async def written(pilot: Pilot[None], answer: str = ANSWER) -> None:
    """Write an answer and hand it in."""
    pilot.app.screen.query_one(TextArea).text = answer
    await press(pilot, "ctrl+s")


async def answered(pilot: Pilot[None], answer: str = ANSWER) -> None:
    """Choose the first question, write the answer, rate nothing and wait for its grade."""
    await press(pilot, "enter")
    await written(pilot, answer)
    await press(pilot, "enter")


def still(pilot: Pilot[None]) -> None:
    """Let no cursor blink; a line that was drawn while one was out of sight is drawn anew."""
    for editor in pilot.app.screen.query("TextArea, Input"):
        assert isinstance(editor, TextArea | Input)
        editor.cursor_blink = False
        editor.notify_style_update()


def shown(pilot: Pilot[None], selector: str) -> str:
    return str(pilot.app.screen.query_one(selector, Static).render())


def listed(pilot: Pilot[None]) -> list[str]:
    """The rows of the list on the screen."""
    return [str(option.prompt) for option in pilot.app.screen.query_one(OptionList).options]
