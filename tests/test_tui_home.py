"""The home screen: what is due, search over many questions, and what leads on from there."""

from pathlib import Path

import pytest
from practice_records import NOON, days, judged, make, record
from textual.widgets import Input, OptionList
from tui_pilot import answered, app_of, listed, practised, press, settled, shown

from coach.library import Library
from coach.practice import NEW_A_DAY
from coach.terms import Bank, Question, Verdict
from coach.tui import CoachApp
from coach.tui.ask import AskScreen
from coach.tui.home import HomeScreen
from coach.tui.keeper import NOTHING
from coach.tui.listing import AT_ONCE, Listing
from coach.tui.reading import ReadingScreen


def big_library(count: int = 5000) -> Library:
    levels = ("beginner", "intermediate", "advanced")
    questions = tuple(make(f"q{n}", levels[n % 3], (f"tag{n % 20}",)) for n in range(count))
    return Library({"big": Bank(bank="big", title="Many questions", questions=questions)})


def named(library: Library) -> dict[str, Question]:
    return {f"{bank.bank}/{question.id}": question for bank, question in library}


async def test_typing_filters_the_questions(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await pilot.press("slash", *"natural")
        assert listed(pilot) == []
        await press(pilot, "escape", "slash")
        await pilot.press(*"numbers")
        assert listed(pilot) == ["Beginner", "  What is one?"]
        await press(pilot, "escape")
        assert pilot.app.screen.query_one(Input).value == ""


async def test_what_is_due_comes_first_with_the_days_figures(library: Library, tmp_path: Path) -> None:
    forgotten = judged("name", Verdict.MISSED)
    practised(tmp_path, [record("demo/both", NOON - days(9), forgotten, seconds=60), record("demo/one", NOON)])
    async with app_of(library, tmp_path).run_test() as pilot:
        await settled(pilot)
        assert listed(pilot)[:2] == ["Due today", "● What do two banks have in common?"]
        assert "✓ What is one?" in listed(pilot)
        assert shown(pilot, "#today") == f"1 due · 1 of {NEW_A_DAY} new today · 1 day in a row · 1 min practised"
        assert "beginner" in shown(pilot, "#bars")
        await press(pilot, "n")
        assert shown(pilot, "#asked") == "What do two banks have in common?"


async def test_when_todays_work_is_done_the_person_is_told(library: Library, tmp_path: Path) -> None:
    names = ("demo/one", "demo/both", "other/both")
    practised(tmp_path, [record(name, NOON, judged("c0", Verdict.COVERED)) for name in names])
    app = app_of(library, tmp_path)
    async with app.run_test() as pilot:
        await press(pilot, "n")
        assert isinstance(pilot.app.screen, HomeScreen)
        assert [each.title for each in app._notifications] == ["Well done"]


async def test_next_leads_from_the_review_to_another_question(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await answered(pilot)
        await press(pilot, "n")
        assert isinstance(pilot.app.screen, AskScreen)
        assert shown(pilot, "#asked") != "What is one?"


async def test_of_many_questions_few_are_drawn_at_once(tmp_path: Path) -> None:
    async with app_of(big_library(), tmp_path).run_test() as pilot:
        await settled(pilot)
        assert listed(pilot)[-1] == f"… {5000 - AT_ONCE} more: type to narrow, Enter to show"
        await press(pilot, "end", "enter")
        assert listed(pilot)[-1] == f"… {5000 - 2 * AT_ONCE} more: type to narrow, Enter to show"
        await pilot.press("slash", *"q4999")
        assert listed(pilot) == ["Intermediate", "  Why q4999?"]


@pytest.mark.parametrize(
    ("wanted", "count"), [("", 5000), ("q4999", 1), ("tag7", 250), ("BEGINNER tag7", 83), ("nothing", 0)]
)
def test_every_word_of_a_search_must_be_there(wanted: str, count: int) -> None:
    listing = Listing(named(big_library()))
    found = listing.find(wanted, listing.entries, AT_ONCE)
    assert len(found.entries) + found.more == count
    assert len(found.entries) <= AT_ONCE


def test_a_question_is_listed_once_under_its_first_heading(library: Library) -> None:
    entries = Listing(named(library)).arranged(NOTHING, ["demo/both"])
    assert [entry.name for entry in entries] == ["demo/both", "demo/one", "other/both"]
    assert entries[0].heading == "Due today"


async def test_help_is_a_key_away_everywhere(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await press(pilot, "question_mark")
        assert isinstance(pilot.app.screen, ReadingScreen)
        await press(pilot, "escape", "enter")
        await press(pilot, "f1")
        assert isinstance(pilot.app.screen, ReadingScreen)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, AskScreen)


async def test_the_palette_has_the_commands_of_the_app(library: Library, tmp_path: Path) -> None:
    app = app_of(library, tmp_path)
    async with app.run_test() as pilot:
        assert {"Mock interview", "Progress", "Settings", "Help", "Theme"} <= _commands(app)
        await press(pilot, "down", "enter")
        assert pilot.app.screen_stack[1:]
        assert "Home" in _commands(app)
        assert "Mock interview" not in _commands(app)


def _commands(app: CoachApp) -> set[str]:
    return {command.title for command in app.get_system_commands(app.screen)}


async def test_the_selected_question_stays_selected_when_the_figures_come(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await press(pilot, "down")
        selected = pilot.app.screen.query_one(OptionList).highlighted_option
        await settled(pilot)
        assert pilot.app.screen.query_one(OptionList).highlighted_option is not None
        assert selected is not None
        assert pilot.app.screen.query_one(OptionList).highlighted_option.id == selected.id
