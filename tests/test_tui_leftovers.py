"""An answer whose grade did not come before coach was left gets it at the next start."""

import asyncio
from pathlib import Path
from threading import Event

import pytest
from practice_records import NOON, days, judged, record
from textual.pilot import Pilot
from tui_pilot import ANSWER, app_of, app_with, kept, practised, press, settled, shown, written

from coach.errors import JudgeError
from coach.journal import Journal
from coach.judges import ScriptedJudge
from coach.library import Library
from coach.practice.rounds import leftovers
from coach.terms import Attempt, FollowUp, Judge, Verdict
from coach.tui.home import HomeScreen


class SlowJudge(ScriptedJudge):
    """A judge that says when it has begun, and waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = Event(), Event()

    def judge(self, cases):  # type: ignore[no-untyped-def]  # as the scripted judge's
        self.begun.set()
        assert self.go.wait(60)
        return super().judge(cases)


def told(pilot: Pilot[None]) -> list[tuple[str, str]]:
    return [(each.title, each.message) for each in pilot.app._notifications]


async def test_what_was_left_while_the_judge_was_at_work_is_graded_at_the_next_start(
    library: Library, tmp_path: Path
) -> None:
    slow = SlowJudge()
    async with app_of(library, tmp_path, slow).run_test() as pilot:
        await press(pilot, "enter")
        await written(pilot)
        assert await asyncio.to_thread(slow.begun.wait, 60)
        await pilot.press("enter", "ctrl+q")
    slow.go.set()
    assert [each.grade for each in kept(tmp_path)] == [None]
    async with app_of(library, tmp_path).run_test() as pilot:
        await settled(pilot)
        assert told(pilot) == [("Graded at last", "1 of your answers")]
        await settled(pilot)
        assert "0 due" in shown(pilot, "#today")
    ((attempt, grade),) = [(each.attempt, each.grade) for each in kept(tmp_path)]
    assert (attempt.text, grade and grade.score) == (ANSWER, 75)
    async with app_of(library, tmp_path).run_test() as pilot:
        await settled(pilot)
        assert told(pilot) == []


async def test_a_new_answer_waits_for_one_of_them_at_most(library: Library, tmp_path: Path) -> None:
    slow, order = SlowJudge(), list[str]()

    class Noting(ScriptedJudge):
        def judge(self, cases):  # type: ignore[no-untyped-def]  # as the scripted judge's
            order.extend(case.answer for case in cases)
            return slow.judge(cases)

    practised(tmp_path, [record("demo/both", NOON - days(n), text=f"old {n}") for n in (3, 2, 1)])
    async with app_of(library, tmp_path, Noting()).run_test() as pilot:
        assert await asyncio.to_thread(slow.begun.wait, 60)
        await pilot.press("enter")
        await pilot.press(*"new", "ctrl+s")
        slow.go.set()
        await settled(pilot)
    assert order == ["old 3", "new", "old 2", "old 1"]


@pytest.mark.parametrize(
    "keys",
    [("enter", "x", "ctrl+s", "enter", "escape"), ("m", "backspace", "1", "enter", "x", "ctrl+s", "escape")],
    ids=["review", "mock"],
)
async def test_a_new_answer_that_waits_for_one_is_graded_though_its_screen_is_left(
    library: Library, tmp_path: Path, keys: tuple[str, ...]
) -> None:
    slow = SlowJudge()
    practised(tmp_path, [record("demo/both", NOON - days(1), text="old")])
    app = app_of(library, tmp_path, slow)
    async with app.run_test() as pilot:
        assert await asyncio.to_thread(slow.begun.wait, 60)
        for key in keys:
            await pilot.press(key)
            await asyncio.wrap_future(app.keeper.ask(lambda journal: None))
            await pilot.pause()
        assert isinstance(app.screen, HomeScreen)
        slow.go.set()
        await settled(pilot)
        await asyncio.to_thread(app.grader.judge.result)
        await settled(pilot)
    assert [(each.attempt.text, each.grade is None) for each in kept(tmp_path)] == [("old", False), ("x", False)]


@pytest.mark.parametrize("error", [JudgeError("too long"), ZeroDivisionError("too long")])
async def test_one_that_cannot_be_graded_holds_up_no_other(library: Library, tmp_path: Path, error: Exception) -> None:
    class Picky(ScriptedJudge):
        def judge(self, cases):  # type: ignore[no-untyped-def]  # as the scripted judge's
            if any(case.answer == "old 3" for case in cases):
                raise error
            return super().judge(cases)

    practised(tmp_path, [record("demo/both", NOON - days(n), text=f"old {n}") for n in (3, 2, 1)])
    async with app_of(library, tmp_path, Picky()).run_test() as pilot:
        await settled(pilot)
        assert told(pilot) == [
            ("Graded at last", "2 of your answers"),
            ("1 of your answers without a grade", "too long"),
        ]
    assert [each.grade is None for each in kept(tmp_path)] == [True, False, False]


async def test_what_one_judge_is_at_is_not_graded_by_the_next_too(library: Library, tmp_path: Path) -> None:
    slow, order = SlowJudge(), list[str]()

    class Noting(ScriptedJudge):
        def judge(self, cases):  # type: ignore[no-untyped-def]  # as the scripted judge's
            order.extend(case.answer for case in cases)
            return super().judge(cases)

    practised(tmp_path, [record("demo/both", NOON - days(n), text=f"old {n}") for n in (2, 1)])
    app = app_with(library, tmp_path, lambda name: slow if name == "scripted" else Noting())
    async with app.run_test() as pilot:
        assert await asyncio.to_thread(slow.begun.wait, 60)
        app.switch_judge("mini")
        await settled(pilot)
        slow.go.set()
    assert order == ["old 1"]


async def test_a_judge_that_cannot_be_opened_leaves_them_for_another(library: Library, tmp_path: Path) -> None:
    def opener(name: str) -> Judge:
        if name == "scripted":
            raise JudgeError("the weights are not there")
        return ScriptedJudge()

    practised(tmp_path, [record("demo/one", NOON - days(n), text=ANSWER) for n in (2, 1)])
    app = app_with(library, tmp_path, opener)
    async with app.run_test() as pilot:
        await settled(pilot)
        assert told(pilot) == [("2 of your answers without a grade", "the weights are not there")]
        app.switch_judge("mini")
        await settled(pilot)
    assert [each.grade and each.grade.score for each in kept(tmp_path)] == [75, 75]


def test_a_follow_up_is_graded_against_its_criterion_alone(library: Library) -> None:
    questions = {"demo/one": library.find("one")}
    about = FollowUp(attempt="a", criterion="square")
    attempts = [
        Attempt(question="demo/one", at=NOON, text="x", follow_up=about),
        Attempt(question="demo/gone", at=NOON, text="x"),
        Attempt(question="demo/one", at=NOON, text="x", follow_up=about.model_copy(update={"criterion": "gone"})),
    ]
    ((asked, attempt),) = leftovers(questions, attempts)
    assert [each.id for each in asked.criteria] == ["square"]
    assert asked.question == "What does it become when it is multiplied by itself?"
    assert attempt == attempts[0]


def test_the_journal_knows_which_attempts_have_no_grade(tmp_path: Path) -> None:
    practised(tmp_path, [record("demo/one", NOON, judged("first", Verdict.COVERED)), record("demo/both", NOON)])
    with Journal(NOON, tmp_path / "journal.sqlite") as journal:
        assert [each.question for each in journal.ungraded()] == ["demo/both"]
