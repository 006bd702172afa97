"""The app: one screen of the session over the home screen, over one library, one journal and one grader.

Where an event leads is the session's table's to say: an event that the state does not know changes nothing.
"""

import asyncio
import getpass
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from coach.errors import CoachError, JournalError
from coach.journal import Journal
from coach.judges import open_judge
from coach.library import Library
from coach.plain import plain
from coach.practice import TRANSITIONS, Event, State, mock_of, mock_within, next_question
from coach.terms import Attempt, Draft, Grade, Judge, Question
from coach.tui.ask import AskScreen
from coach.tui.grader import Grader
from coach.tui.home import HomeScreen
from coach.tui.keeper import Keeper
from coach.tui.mock import Interview, MockLength, MockReport, MockScreen, length
from coach.tui.progress import ProgressScreen
from coach.tui.reading import HELP, ReadingScreen
from coach.tui.screen import CoachScreen
from coach.tui.settings import SettingsScreen


def local_now() -> datetime:
    """The time, in the person's zone."""
    return datetime.now().astimezone()


class CoachApp(App[None]):
    """Choose a question, answer it, see what the answer made of it, answer what is asked next."""

    TITLE = "coach"
    CSS_PATH = "coach.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012  # as Textual has it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help", show=False),
        Binding("ctrl+q", "quit", "Quit", priority=True, show=False),
    ]

    def __init__(
        self,
        library: Library,
        judge: str,
        opener: Callable[[str], Judge] = open_judge,
        journal: Path | None = None,
        clock: Callable[[], datetime] = local_now,
    ) -> None:
        super().__init__()
        self.questions = {f"{bank.bank}/{question.id}": question for bank, question in library}
        self.judge_name = judge
        self.clock = clock
        self.state = State.HOME
        self.author = getpass.getuser()
        self._opener = opener
        self._journal = journal
        self.grader: Grader
        self.keeper: Keeper

    def get_default_screen(self) -> Screen[None]:
        """Home, under everything else."""
        return HomeScreen()

    def on_load(self) -> None:
        """The journal opens on its own thread."""
        self.keeper = Keeper(lambda: Journal(self.clock(), self._journal))

    def on_ready(self) -> None:
        """The judge opens behind the first frame."""
        self._loop_of_screens = asyncio.get_running_loop()
        self.grader = Grader(partial(self._opener, self.judge_name))
        self._greet()

    @work
    async def _greet(self) -> None:
        try:
            notice = await asyncio.wrap_future(self.keeper.ask(lambda journal: journal.notice))
        except JournalError as error:
            self.exit(return_code=2, message=f"coach: {plain(str(error))}")
            return
        if notice:
            self.notify(plain(notice), title="The journal", severity="warning", timeout=30, markup=False)

    def on_unmount(self) -> None:
        """Let go of the grader; wait for the journal."""
        self.grader.close()
        self.keeper.close()

    def go(self, event: Event, screen: Callable[[], Screen[None]] | None = None) -> None:
        """Follow an event to the state it leads to, and show that state's screen."""
        if (self.state, event) not in TRANSITIONS:
            return
        self.state = TRANSITIONS[self.state, event]
        if isinstance(self.screen, CoachScreen):
            self.screen.leave()
        if self.state is State.HOME:
            self.pop_screen()
        elif screen and len(self.screen_stack) > 1:
            self.switch_screen(screen())
        elif screen:
            self.push_screen(screen())

    async def action_leave(self) -> None:
        """Go home."""
        self.go(Event.LEAVE)

    async def ask(self, name: str) -> None:
        """Ask a question; what was written of an answer is there again."""
        draft = await self.draft_of(name)
        self.go(Event.ASK, lambda: AskScreen(name, self.questions[name], draft))

    async def draft_of(self, name: str, criterion: str | None = None) -> Draft | None:
        """What was written of an answer, or of a follow-up to one of its criteria."""
        drafts = await asyncio.wrap_future(self.keeper.ask(Journal.drafts))
        wanted = name, criterion
        return next((d for d in drafts if (d.question, d.follow_up and d.follow_up.criterion) == wanted), None)

    async def ask_next(self) -> None:
        """Ask what is due, or what is new; when today's work is done, say so at home."""
        past = await asyncio.wrap_future(self.keeper.past())
        name = next_question(self.questions, past.cards, past.asked, self.clock())
        if name:
            await self.ask(name)
            return
        self.notify("Nothing more is due today. Any question can still be chosen.", title="Well done")
        self.go(Event.LEAVE)

    def action_progress(self) -> None:
        """Show what practice has come to."""
        self.go(Event.SHOW_PROGRESS, ProgressScreen)

    def action_settings(self) -> None:
        """Choose who judges."""
        self.go(Event.SHOW_SETTINGS, SettingsScreen)

    def action_help(self) -> None:
        """Say what there is and which keys do it."""
        self.push_screen(ReadingScreen("Help", HELP))

    def action_mock(self) -> None:
        """Begin a mock interview."""
        if self.state is State.HOME:
            self.push_screen(MockLength(), self._begin_mock)

    def _begin_mock(self, text: str | None) -> None:
        if text is None:
            return
        (count, by_minutes), seed = length(text), int(self.clock().timestamp())
        choose = mock_within if by_minutes else mock_of
        self.go_on(Interview(choose(self.questions, count, seed)))

    def go_on(self, interview: Interview) -> None:
        """The next question of a mock interview, or its report."""
        done = len(interview.answered)
        if done == len(interview.names):
            self.go(Event.FINISH, lambda: MockReport(interview))
        else:
            self.go(Event.ASK, lambda: MockScreen(interview, self.questions[interview.names[done]]))

    def switch_judge(self, name: str) -> None:
        """Let another judge grade from now on; it opens behind the screen."""
        self.judge_name = name
        self.grader.close()
        self.grader = Grader(partial(self._opener, name))
        self._tell_opened(self.grader)

    @work(exclusive=True, group="judge")
    async def _tell_opened(self, grader: Grader) -> None:
        try:
            judge = await asyncio.wrap_future(grader.judge)
        except CoachError as error:
            self.notify(plain(str(error)), title="Not opened", severity="error", timeout=30, markup=False)
        else:
            self.notify(plain(judge.name), title="Judges from now on", markup=False)

    def keep(self, use: Callable[[Journal], None]) -> None:
        """Write to the journal; the person is told where that fails."""
        self.keeper.ask(use).add_done_callback(self._tell)

    def _tell(self, done: "Future[None]") -> None:
        if error := done.exception():
            tell = partial(self.notify, plain(f"not kept: {error}"), severity="error", timeout=30, markup=False)
            self._loop_of_screens.call_soon_threadsafe(tell)

    def hand_in(self, question: Question, attempt: Attempt) -> "Future[Grade]":
        """Keep an attempt, and its grade when it is there, whatever is on the screen by then."""
        self.keep(lambda journal: journal.store(attempt))
        coming = self.grader.grade(question, attempt.text)
        coming.add_done_callback(partial(self._keep_grade, question, attempt.id))
        return coming

    def _keep_grade(self, question: Question, attempt: str, done: "Future[Grade]") -> None:
        if done.cancelled() or isinstance(done.exception(), CoachError) or self.keeper.closed:
            return
        grade, weights = done.result(), {each.id: each.weight for each in question.criteria}
        self.keep(lambda journal: journal.keep_grade(attempt, grade, weights))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The app's own commands before Textual's."""
        if self.state is State.HOME:
            yield SystemCommand("Next question", "Ask what is due, or what is new", self.ask_next)
            yield SystemCommand("Mock interview", "Questions one after another, a report at the end", self.action_mock)
            yield SystemCommand("Progress", "Scores, mastery, weak points, calendar", self.action_progress)
            yield SystemCommand("Settings", "Choose who judges", self.action_settings)
        else:
            yield SystemCommand("Home", "Leave what is here; a draft stays", self.action_leave)
        yield SystemCommand("Help", "What there is, and which keys do it", self.action_help)
        yield from super().get_system_commands(screen)
