"""Settings: switched in place and remembered; models come from a hub on loopback behind the screen."""

import asyncio
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from test_models import BODY, NAME, Hub, hub_on_loopback, machine_of_its_own, parts, tiny_catalogue  # noqa: F401  # three fixtures
from textual.pilot import Pilot
from textual.widgets import Input, OptionList
from tui_pilot import app_of, app_with, listed, press, settled, shown

from coach.errors import JudgeError
from coach.judges import ScriptedJudge, Spending
from coach.library import Library
from coach.preferences import Preferences
from coach.shelf import find_model
from coach.terms import Judge
from coach.tui.home import HomeScreen
from coach.tui.pull import Pull
from coach.tui.settings import JUDGES, Choice, SettingsScreen


class Hosted(ScriptedJudge):
    """A judge that has a price."""

    def estimate(self, cases: object) -> Spending:
        return Spending(1, 1000, 200, 0.0012)


def opener(name: str) -> Judge:
    if name == "openai/x":
        raise JudgeError("OPENAI_API_KEY is not set")
    return Hosted() if "/" in name else ScriptedJudge()


def chosen(folder: Path) -> dict[str, str]:
    return Preferences(folder / "preferences.json").chosen.model_dump(exclude_none=True)


def told(pilot: Pilot[None]) -> list[str]:
    return [each.message for each in pilot.app._notifications]


async def select(pilot: Pilot[None], name: str) -> None:
    """Move to a row and press Enter."""
    rows = listed(pilot)
    pilot.app.screen.query_one(OptionList).highlighted = next(
        i for i, row in enumerate(rows) if row[2:].startswith(name)
    )
    pilot.app.screen.query_one(OptionList).focus()
    await pilot.press("enter")


async def type_judge(pilot: Pilot[None], name: str) -> None:
    line = pilot.app.screen.query_one(Input)
    line.focus()
    line.value = name
    await press(pilot, "enter")


async def test_what_is_chosen_is_marked_and_there_at_the_next_start(library: Library, tmp_path: Path) -> None:
    async with app_with(library, tmp_path, opener).run_test() as pilot:
        await press(pilot, "s")
        await select(pilot, "mini:decided")
        await settled(pilot)
        await select(pilot, "pocketsphinx")
        await settled(pilot)
        pilot.app.theme = "nord"
        await settled(pilot)
        assert [row.partition("\n")[0] for row in listed(pilot) if row[0] == "●"] == [
            "● mini:decided",
            "● pocketsphinx",
        ]
    assert chosen(tmp_path) == {"judge": "mini:decided", "speech": "pocketsphinx", "theme": "nord"}
    app = app_with(library, tmp_path, opener)
    async with app.run_test():
        assert (app.judge_name, app.engine, app.theme) == ("mini:decided", "pocketsphinx", "nord")


async def test_a_choice_is_of_what_is_shown_while_the_list_is_made_anew(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = Event(), Event()

    def slow() -> str:
        begun.set()
        assert go.wait(60)
        return ""

    app = app_with(library, tmp_path, opener)
    async with app.run_test() as pilot:
        await press(pilot, "s")
        monkeypatch.setattr("coach.tui.settings.choices", lambda: iter([Choice(JUDGES, "other", "")] * 9))
        monkeypatch.setattr("coach.tui.settings.best_ear", slow)
        screen = app.screen
        assert isinstance(screen, SettingsScreen)
        screen.renew()
        assert await asyncio.to_thread(begun.wait, 60)
        await select(pilot, "mini:decided")
        assert app.judge_name == "mini:decided"
        go.set()
        await settled(pilot)


async def test_a_start_alone_chooses_nothing(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await settled(pilot)
    assert not (tmp_path / "preferences.json").exists()


async def test_a_judge_that_does_not_open_is_told_and_not_remembered(library: Library, tmp_path: Path) -> None:
    async with app_with(library, tmp_path, opener).run_test() as pilot:
        await press(pilot, "s")
        await type_judge(pilot, "openai/x")
        assert shown(pilot, "#price") == "It cannot judge: OPENAI_API_KEY is not set"
        assert told(pilot) == ["OPENAI_API_KEY is not set"]
    assert chosen(tmp_path) == {}


async def test_what_an_answer_costs_is_said(library: Library, tmp_path: Path) -> None:
    async with app_with(library, tmp_path, opener).run_test() as pilot:
        await press(pilot, "s")
        assert shown(pilot, "#price") == "An answer costs nothing and stays on this machine."
        await type_judge(pilot, "openai/y")
        assert "1 request, 1,000 tokens in, 200 out, $0.0012" in shown(pilot, "#price")


async def test_an_engine_that_cannot_hear_says_why_and_is_not_chosen(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coach.speech.opening.ParakeetTranscriber.available", lambda _: "is not installed: [b]pip")
    app = app_of(library, tmp_path)
    async with app.run_test() as pilot:
        await press(pilot, "s")
        await select(pilot, "parakeet")
        assert told(pilot) == ["parakeet is not installed: [b]pip"]
        assert app.engine is None


async def test_a_theme_that_is_unknown_and_a_damaged_file_are_told(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "preferences.json").write_text("{")
    monkeypatch.setenv("COACH_THEME", "[plaid]")
    async with app_of(library, tmp_path).run_test() as pilot:
        await settled(pilot)
        damaged, unknown = told(pilot)
    assert "is damaged" in damaged
    assert unknown.startswith("no theme is called '[plaid]'")


async def test_what_cannot_be_remembered_is_told(library: Library, tmp_path: Path) -> None:
    (tmp_path / "preferences.json").mkdir()
    async with app_of(library, tmp_path).run_test() as pilot:
        pilot.app.theme = "nord"
        await settled(pilot)
        assert [each for each in told(pilot) if each.startswith("not kept: ")]


async def test_a_model_is_pulled_behind_the_screen_and_can_judge(
    library: Library,
    tmp_path: Path,
    hub: Hub,
    tiny: dict[str, Any],
) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await press(pilot, "s")
        assert not [row for row in listed(pilot) if "gguf:" in row]
        await select(pilot, "tiny")
        await settled(pilot)
        assert told(pilot) == ["Choose gguf:tiny to let it judge."]
        assert [row.split("\n")[0] for row in listed(pilot) if "tiny" in row] == ["  gguf:tiny"]
        assert shown(pilot, "#pull") == ""
    assert find_model("tiny").path.read_bytes() == BODY


async def test_a_pull_shows_how_far_it_is_can_be_stopped_and_goes_on_from_there(
    library: Library,
    tmp_path: Path,
    hub: Hub,
    tiny: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    came, go, progress = Event(), Event(), Pull._progress

    def gated(pull: Pull, have: int, size: int) -> None:
        progress(pull, have, size)
        came.set()
        assert go.wait(60)

    monkeypatch.setattr(Pull, "_progress", gated)
    app = app_of(library, tmp_path)
    async with app.run_test() as pilot:
        await press(pilot, "s")
        await select(pilot, "tiny")
        assert await asyncio.to_thread(came.wait, 60)
        screen = app.screen
        assert isinstance(screen, SettingsScreen)
        screen.draw_pull()
        assert "░" in shown(pilot, "#pull") and "% of 0 MB" in shown(pilot, "#pull")
        await pilot.press("escape", "s")
        assert isinstance(app.screen, SettingsScreen)
        await pilot.press("x")
        assert shown(pilot, "#pull") == "tiny: stopping; what came is kept"
        go.set()
        await settled(pilot)
        assert ["goes on from there" in each for each in told(pilot)] == [True]
        (part,) = parts()
        have = part.stat().st_size
        await press(pilot, "escape", "s")
        await select(pilot, "tiny")
        await settled(pilot)
    assert (hub.ranges, find_model(NAME).path.read_bytes()) == ([None, f"bytes={have}-"], BODY)


async def test_a_pull_that_fails_says_why(
    library: Library,
    tmp_path: Path,
    hub: Hub,
    tiny: dict[str, Any],
) -> None:
    hub.status = 404
    app = app_of(library, tmp_path)
    async with app.run_test() as pilot:
        await press(pilot, "s")
        await select(pilot, "tiny")
        await press(pilot, "escape")
        assert isinstance(app.screen, HomeScreen)
        assert ["the hub has no" in each for each in told(pilot)] == [True]
        assert app.pulling is None
