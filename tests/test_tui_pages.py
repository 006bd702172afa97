"""Progress, mock interviews and settings."""

from pathlib import Path

import pytest
from practice_records import NOON, days, judged, record
from textual.widgets import Input
from tui_pilot import app_of, app_with, kept, listed, practised, press, shown, written

from coach.errors import JudgeError
from coach.journal import Journal
from coach.judges import ScriptedJudge
from coach.library import Library
from coach.practice import State
from coach.terms import Draft, Mode, Verdict
from coach.tui.drawing import bar, hours, minutes, spark, weeks
from coach.tui.home import HomeScreen
from coach.tui.mock import MockLength, MockReport, length


async def test_progress_shows_what_practice_has_come_to(library: Library, tmp_path: Path) -> None:
    points = judged("first", Verdict.COVERED), judged("odd", Verdict.MISSED)
    practised(
        tmp_path,
        [
            record("demo/one", NOON - days(2), *points, score=40.0, self_rating=87.5),
            record("demo/one", NOON, *points, score=60.0, hints=1),
        ],
    )
    async with app_of(library, tmp_path).run_test() as pilot:
        await press(pilot, "p")
        page = shown(pilot, "#progress")
        assert "the last is 60 of 100" in page
        assert "without help: mean 40 over 1 answer" in page
        assert "with help: mean 60 over 1 answer" in page
        assert "you expect 48 points more than you earn" in page
        assert page.index("One is an odd number.") > page.index("Weakest points")
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, HomeScreen)


async def test_progress_before_the_first_answer_says_how_it_begins(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await press(pilot, "p")
        assert shown(pilot, "#progress").startswith("Nothing yet")


async def test_a_mock_interview_leaves_drafts_alone(library: Library, tmp_path: Path) -> None:
    begun = [Draft(question=name, at=NOON, text="Half", audio="a.wav") for name in ("demo/one", "demo/both")]
    with Journal(NOON, tmp_path / "journal.sqlite") as journal:
        for draft in begun:
            journal.save_draft(draft)
    async with app_of(library, tmp_path).run_test() as pilot:
        await press(pilot, "m", "enter")
        assert pilot.app.screen.sub_title == "mock interview, question 1 of 1"
        await written(pilot, "Whole")
    with Journal(NOON, tmp_path / "journal.sqlite") as journal:
        assert sorted(journal.drafts(), key=lambda draft: draft.question) == begun[::-1]


async def test_where_each_question_has_a_draft_there_is_no_mock_interview(library: Library, tmp_path: Path) -> None:
    with Journal(NOON, tmp_path / "journal.sqlite") as journal:
        for bank, question in library:
            journal.save_draft(Draft(question=f"{bank.bank}/{question.id}", at=NOON, text="Half"))
    async with app_of(library, tmp_path).run_test() as pilot:
        await press(pilot, "m", "enter")
        assert isinstance(pilot.app.screen, HomeScreen)
        assert [each.title for each in pilot.app._notifications] == ["No mock interview"]


async def test_a_mock_interview_asks_without_hints_and_ends_in_a_report(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with app_of(library, tmp_path).run_test() as pilot:
        await press(pilot, "m")
        pilot.app.screen.query_one(Input).value = "2"
        await press(pilot, "enter")
        assert pilot.app.screen.sub_title == "mock interview, question 1 of 2"
        await press(pilot, "ctrl+t")
        await written(pilot, "<b>Both banks</b> have a question of this name.")
        assert pilot.app.screen.sub_title == "mock interview, question 2 of 2"
        await press(pilot, "ctrl+n")
        assert isinstance(pilot.app.screen, MockReport)
        assert "2 questions" in shown(pilot, "#report")
        await press(pilot, "s", "escape")
        assert isinstance(pilot.app.screen, HomeScreen)
    html, markdown = (next(tmp_path.glob(f"mock-interview-*.{kind}")).read_text() for kind in ("html", "md"))
    assert "&lt;b&gt;Both banks" in html
    assert "# Mock interview" in markdown
    assert [(each.attempt.mode, each.attempt.hints) for each in kept(tmp_path)] == [(Mode.MOCK, 0)] * 2


async def test_a_mock_interview_can_be_broken_off(library: Library, tmp_path: Path) -> None:
    app = app_of(library, tmp_path)
    async with app.run_test() as pilot:
        await press(pilot, "m", "enter")
        await press(pilot, "escape")
        assert app.state is State.HOME


async def test_a_length_that_is_none_is_told(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await press(pilot, "m")
        pilot.app.screen.query_one(Input).value = "soon"
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, MockLength)
        assert "Write a number" in shown(pilot, "#trouble")
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, HomeScreen)


@pytest.mark.parametrize(
    ("text", "found"), [("5", (5, False)), ("30 min", (30, True)), ("7m", (7, True)), ("10 Minutes", (10, True))]
)
def test_a_length_counts_questions_or_minutes(text: str, found: tuple[int, bool]) -> None:
    assert length(text) == found


async def test_another_judge_is_switched_to_in_place(library: Library, tmp_path: Path) -> None:
    opened: list[str] = []

    def opener(name: str) -> ScriptedJudge:
        opened.append(name)
        if name == "openai/x":
            raise JudgeError("OPENAI_API_KEY is not set")
        return ScriptedJudge()

    app = app_with(library, tmp_path, opener)
    async with app.run_test() as pilot:
        await press(pilot, "s")
        assert shown(pilot, "#judge").startswith("Judge: scripted.")
        assert listed(pilot)[1].startswith("  mini\n")
        await press(pilot, "enter")
        assert shown(pilot, "#judge").startswith("Judge: mini.")
        pilot.app.screen.query_one(Input).focus()
        await pilot.press(*"openai/x")
        await press(pilot, "enter")
        assert [each.message for each in app._notifications if each.severity == "error"] == [
            "OPENAI_API_KEY is not set"
        ]
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, HomeScreen)
    assert opened == ["scripted", "mini", "openai/x"]


def test_figures_are_drawn_in_characters() -> None:
    assert bar(0.5, 4) == "██░░"
    assert spark([0, 50, 100], 100) == "▁▅█"
    assert (minutes(185), hours(125), hours(7800)) == ("3:05", "2 min", "2 h 10 min")
    lines = weeks({NOON.date(): 9, (NOON - days(1)).date(): 1}, NOON.date(), 2)
    assert lines[5] == "Sat · █"
    assert lines[4] == "Fri · ▪"
    assert lines[6] == "Sun ·  "
