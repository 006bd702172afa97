"""The terminal app, by keyboard: asking, rating, reviewing, following up."""

from pathlib import Path
from threading import Event

import pytest
from practice_records import NOON
from textual.widgets import OptionList, Static, TextArea
from tui_pilot import ANSWER, answered, app_of, app_with, kept, listed, press, settled, shown, written

from coach.errors import JudgeError
from coach.journal import Journal
from coach.judges import ScriptedJudge
from coach.judges.scripted import always
from coach.library import Library
from coach.practice import State
from coach.terms import Judge, Judgement, Probabilities, Verdict
from coach.tui.ask import AskScreen
from coach.tui.home import HomeScreen
from coach.tui.rate import RateScreen
from coach.tui.review import ReviewScreen


async def test_a_question_is_answered_and_graded_with_quotes(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await answered(pilot)
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert shown(pilot, "#headline") == "Score 75 of 100."
        assert listed(pilot)[0] == "✔ One is the first natural number."
        assert "Made, 85% sure" in shown(pilot, "#point")
        said = pilot.app.screen.query_one("#said", Static).render()
        marked = {str(said)[span.start : span.end] for span in said.spans if "reverse" in str(span.style)}
        assert marked == {"One is the first natural number."}
    assert [(each.attempt.text, each.grade and each.grade.score) for each in kept(tmp_path)] == [(ANSWER, 75)]


async def test_a_rating_of_ones_own_comes_before_the_grade(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await press(pilot, "enter")
        await written(pilot)
        assert isinstance(pilot.app.screen, RateScreen)
        await press(pilot, "3")
        assert "You expected 62." in shown(pilot, "#headline")
    assert [each.attempt.self_rating for each in kept(tmp_path)] == [62.5]


async def test_hints_come_in_steps_and_are_counted_apart(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await press(pilot, "enter", "ctrl+t")
        assert shown(pilot, "#help") == "Hint 1: Beginner: a strong answer makes 3 points; 1 of them weighs most."
        await press(pilot, "ctrl+t", "ctrl+t", "ctrl+t")
        assert "Hint 3: The first natural number" in shown(pilot, "#help")
        await written(pilot)
        await press(pilot, "enter")
        assert "Without help –, with 3 hints 75." in shown(pilot, "#headline")
    assert [each.attempt.hints for each in kept(tmp_path)] == [3]


async def test_what_is_recovered_after_the_nudge_shows_as_such(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await answered(pilot)
        assert shown(pilot, "#next") == "Next (f): What does it become when it is multiplied by itself?"
        await press(pilot, "f")
        assert shown(pilot, "#asked") == "What does it become when it is multiplied by itself?"
        await press(pilot, "ctrl+t")
        assert not pilot.app.screen.query_one("#help").display
        await written(pilot, "It is the square of itself.")
        assert shown(pilot, "#headline").startswith("Score 75 of 100.")
        assert "Without help 75, with follow-ups 100." in shown(pilot, "#headline")
        assert "Made after the nudge" in shown(pilot, "#point")
        assert [row[1:] for row in listed(pilot) if "square" in row] == ["→✔ One is the square of itself."]
        assert "It is the square of itself." in shown(pilot, "#said")
    first, second = kept(tmp_path)
    assert second.attempt.follow_up and second.attempt.follow_up.attempt == first.attempt.id


async def test_a_follow_up_can_be_passed_over(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await answered(pilot)
        await press(pilot, "f", "escape")
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert shown(pilot, "#headline") == "Score 75 of 100."


async def test_ones_own_verdict_counts_beside_the_judges(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await answered(pilot)
        await press(pilot, "end", "c")
        assert shown(pilot, "#headline") == "Score 100 of 100. The judge's: 75."
        assert "Made, you say. The judge:" in shown(pilot, "#point")
        assert listed(pilot)[-1].endswith("(your verdict)")
    assert [own.verdict for own in kept(tmp_path)[0].own_verdicts] == [Verdict.COVERED]


async def test_what_is_wrong_comes_first_with_what_is_true(library: Library, tmp_path: Path) -> None:
    judge = ScriptedJudge(always(Verdict.CONTRADICTED))
    async with app_of(library, tmp_path, judge).run_test() as pilot:
        await answered(pilot)
        assert shown(pilot, "#point") == "✘ Wrong, 100% sure\nTrue is: One is the first natural number."


async def test_an_abstention_is_left_to_the_person(library: Library, tmp_path: Path) -> None:
    unsure = Judgement(probabilities=Probabilities(0.3, 0.3, 0.2, 0.2), failure="not sure")
    async with app_of(library, tmp_path, ScriptedJudge(lambda case, criterion: unsure)).run_test() as pilot:
        await answered(pilot)
        assert shown(pilot, "#headline") == "No score: nothing could be judged."
        assert "? Check this yourself" in shown(pilot, "#point")
        await press(pilot, "x")
        assert shown(pilot, "#headline") == "Score 0 of 100, 2 left for you to check. The judge's: –."


async def test_a_model_answer_is_shown_on_demand(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await answered(pilot)
        await press(pilot, "a")
        assert "One is where counting begins." in str(pilot.app.screen.query_one("#reading Static", Static).render())
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, ReviewScreen)


async def test_an_empty_answer_is_not_graded(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await press(pilot, "enter", "ctrl+s")
        assert isinstance(pilot.app.screen, AskScreen)
        assert shown(pilot, "#status") == "Write an answer first."


async def test_a_draft_is_there_again(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await press(pilot, "enter")
        await pilot.press(*"Half")
        await press(pilot, "escape")
        await settled(pilot)
        assert listed(pilot)[:2] == ["Begun", "✎ What is one?"]
        await press(pilot, "home", "enter")
        assert pilot.app.screen.query_one(TextArea).text == "Half"
        await pilot.press("x", "ctrl+q")
    async with app_of(library, tmp_path).run_test() as pilot:
        await settled(pilot)
        await press(pilot, "home", "enter")
        assert pilot.app.screen.query_one(TextArea).text == "Halfx"


class SlowJudge(ScriptedJudge):
    """A judge that waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = Event()

    def judge(self, cases):  # type: ignore[no-untyped-def]  # as the scripted judge's
        assert self.go.wait(60)
        return super().judge(cases)


async def test_the_keyboard_answers_while_a_grade_is_coming(library: Library, tmp_path: Path) -> None:
    judge = SlowJudge()
    app = app_of(library, tmp_path, judge)
    async with app.run_test() as pilot:
        await press(pilot, "enter")
        await written(pilot)
        await pilot.press("enter")
        assert shown(pilot, "#headline") == "Grading …"
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, HomeScreen)
        judge.go.set()
        assert app.state is State.HOME


async def test_a_judge_that_cannot_be_opened_is_told_on_the_screen(library: Library, tmp_path: Path) -> None:
    def opener(name: str) -> Judge:
        raise JudgeError("the weights are not there; install them")

    async with app_with(library, tmp_path, opener).run_test() as pilot:
        await answered(pilot)
        assert shown(pilot, "#headline") == "Not graded: the weights are not there; install them"
        await press(pilot, "c", "f", "escape")
        assert isinstance(pilot.app.screen, HomeScreen)


async def test_markup_and_control_sequences_in_an_answer_show_as_text(library: Library, tmp_path: Path) -> None:
    async with app_of(library, tmp_path).run_test() as pilot:
        await answered(pilot, "[bold red]One[/] is \x1b[31mfirst.")
        assert shown(pilot, "#said") == "[bold red]One[/] is ␛[31mfirst."


async def test_a_journal_of_a_newer_coach_ends_the_app_with_a_message(library: Library, tmp_path: Path) -> None:
    with Journal(NOON, tmp_path / "journal.sqlite") as journal:
        journal._db.execute("PRAGMA user_version = 99")
    app = app_of(library, tmp_path)
    async with app.run_test() as pilot:
        await pilot.pause()
    assert app.return_code == 2


async def test_a_damaged_journal_is_set_aside_and_told(library: Library, tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"no database at all" * 100)
    app = app_of(library, tmp_path)
    async with app.run_test() as pilot:
        await settled(pilot)
        assert ["was damaged and is kept as" in each.message for each in app._notifications] == [True]
        assert pilot.app.screen.query_one(OptionList).option_count


@pytest.mark.parametrize("key", ["f", "c", "a"])
async def test_keys_of_the_review_do_no_harm_before_the_grade(library: Library, tmp_path: Path, key: str) -> None:
    judge = SlowJudge()
    async with app_of(library, tmp_path, judge).run_test() as pilot:
        await press(pilot, "enter")
        await written(pilot)
        await pilot.press("enter", key)
        judge.go.set()
        await settled(pilot)
        assert pilot.app.screen_stack[1].query_one("#headline", Static).render() is not None
