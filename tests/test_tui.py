"""The terminal app, by keyboard."""

from collections.abc import Callable
from threading import Event

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static, TextArea

from coach.errors import JudgeError
from coach.judges import ScriptedJudge
from coach.library import Library
from coach.terms import Judge
from coach.tui import CoachApp
from coach.tui.ask import AskScreen
from coach.tui.questions import QuestionsScreen
from coach.tui.review import ReviewScreen

ANSWER = "One is the first natural number.\nI have nothing else to say about it."


def app_of(library: Library, judge: Judge | None = None) -> CoachApp:
    return CoachApp(library, "scripted", lambda name: judge or ScriptedJudge())


async def answered(pilot: Pilot[None], answer: str = ANSWER) -> None:
    """Choose the first question, write the answer and wait for its grade."""
    await pilot.press("enter")
    pilot.app.screen.query_one(TextArea).text = answer
    await pilot.press("ctrl+s")
    await graded(pilot)


async def graded(pilot: Pilot[None]) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def shown(pilot: Pilot[None], selector: str) -> str:
    return str(pilot.app.screen.query_one(selector, Static).render())


async def test_a_question_is_answered_and_graded_with_quotes(library: Library) -> None:
    async with app_of(library).run_test() as pilot:
        await answered(pilot)
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert shown(pilot, "#headline") == "Score 75 of 100."
        assert "✔ One is the first natural number." in str(pilot.app.screen.query_one(OptionList).options[0].prompt)
        assert "Made, 85% sure" in shown(pilot, "#point")
        said = pilot.app.screen.query_one("#said", Static).render()
        assert [str(said)[s.start : s.end] for s in said.spans] == ["One is the first natural number."]


async def test_the_follow_up_to_the_weakest_criterion_can_be_answered(library: Library) -> None:
    async with app_of(library).run_test() as pilot:
        await answered(pilot)
        assert shown(pilot, "#follow-up") == "Next: What does it become when it is multiplied by itself?"
        await pilot.press("f")
        assert shown(pilot, "#asked") == "What does it become when it is multiplied by itself?"
        pilot.app.screen.query_one(TextArea).text = "It is the square of itself."
        await pilot.press("ctrl+s")
        await graded(pilot)
        assert shown(pilot, "#headline") == "Score 100 of 100."
        assert pilot.app.screen.query_one(OptionList).option_count == 1


async def test_typing_filters_the_questions(library: Library) -> None:
    async with app_of(library).run_test() as pilot:
        await pilot.press("slash", *"natural")
        assert pilot.app.screen.query_one(OptionList).option_count == 0
        await pilot.press("escape", "slash", *"numbers")
        options = pilot.app.screen.query_one(OptionList).options
        assert [option.id for option in options] == [None, "demo/one"]
        await pilot.press("escape")
        assert pilot.app.screen.query_one(Input).value == ""


async def test_an_empty_answer_is_not_graded(library: Library) -> None:
    async with app_of(library).run_test() as pilot:
        await pilot.press("enter", "ctrl+s")
        assert isinstance(pilot.app.screen, AskScreen)
        assert shown(pilot, "#status") == "Write an answer first."


class SlowJudge(ScriptedJudge):
    """A judge that waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = Event()

    def judge(self, cases):  # type: ignore[no-untyped-def]  # as the scripted judge's
        assert self.go.wait(10)
        return super().judge(cases)


async def test_the_keyboard_answers_while_a_grade_is_coming(library: Library) -> None:
    judge = SlowJudge()
    async with app_of(library, judge).run_test() as pilot:
        await pilot.press("enter")
        pilot.app.screen.query_one(TextArea).text = ANSWER
        await pilot.press("ctrl+s")
        assert shown(pilot, "#headline") == "Grading …"
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, QuestionsScreen)
        judge.go.set()


async def test_a_judge_that_cannot_be_opened_is_told_on_the_screen(library: Library) -> None:
    def opener(name: str) -> Judge:
        raise JudgeError("the weights are not there; install them")

    async with CoachApp(library, "similarity", opener).run_test() as pilot:
        await answered(pilot)
        assert shown(pilot, "#headline") == "Not graded: the weights are not there; install them"


async def test_markup_and_control_sequences_in_an_answer_show_as_text(library: Library) -> None:
    async with app_of(library).run_test() as pilot:
        await answered(pilot, "[bold red]One[/] is \x1b[31mfirst.")
        assert shown(pilot, "#said") == "[bold red]One[/] is ␛[31mfirst."


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
@pytest.mark.parametrize("screen", ["questions", "ask", "review"])
def test_screens_look_as_they_did(
    snap_compare: Callable[..., bool], library: Library, size: tuple[int, int], theme: str, screen: str
) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme
        if screen == "ask":
            await pilot.press("enter")
            pilot.app.screen.query_one(TextArea).cursor_blink = False
        if screen == "review":
            await answered(pilot)
        await pilot.pause()

    assert snap_compare(app_of(library), terminal_size=size, run_before=drive)
