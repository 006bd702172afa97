"""The app: one screen of the session over the home screen, over one library, one journal and one grader.

Where an event leads is the session's table's to say: an event that the state does not know changes nothing.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from coach.errors import ModelError
from coach.journal import Journal
from coach.plain import plain
from coach.practice import TRANSITIONS, Event, State, mock_of, mock_within, next_question
from coach.terms import Draft
from coach.tui.ask import AskScreen
from coach.tui.home import HomeScreen
from coach.tui.judging import JudgingApp
from coach.tui.mock import Interview, MockLength, MockReport, MockScreen, length
from coach.tui.progress import ProgressScreen
from coach.tui.pull import Pull, Stopped
from coach.tui.reading import HELP, ReadingScreen
from coach.tui.screen import CoachScreen
from coach.tui.settings import SettingsScreen


class CoachApp(JudgingApp):
    """Choose a question, answer it, see what the answer made of it, answer what is asked next."""

    TITLE = "coach"
    CSS_PATH = "coach.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012  # as Textual has it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help", show=False),
        Binding("ctrl+q", "quit", "Quit", priority=True, show=False),
    ]

    state = State.HOME
    """What the person is at."""
    pulling: Pull | None = None
    """The model that is on its way to this machine."""

    def get_default_screen(self) -> Screen[None]:
        """Home, under everything else."""
        return HomeScreen()

    def go(self, event: Event, screen: Callable[[], Screen[None]] | None = None) -> None:
        """Follow an event to the state it leads to, and show that state's screen; what is read over it is closed."""
        if (self.state, event) not in TRANSITIONS:
            return
        self.state = TRANSITIONS[self.state, event]
        while not isinstance(self.screen, CoachScreen):
            self.pop_screen()
        if self.state is State.HOME or screen:
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

    def on_graded_late(self) -> None:
        """What home says of practice is no longer true."""
        if isinstance(self.screen, HomeScreen):
            self.screen.renew()

    def action_progress(self) -> None:
        """Show what practice has come to."""
        self.go(Event.SHOW_PROGRESS, ProgressScreen)

    def action_settings(self) -> None:
        """Choose who judges and who listens."""
        self.go(Event.SHOW_SETTINGS, SettingsScreen)

    def action_help(self) -> None:
        """Say what there is and which keys do it."""
        self.push_screen(ReadingScreen("Help", HELP))

    def action_mock(self) -> None:
        """Begin a mock interview."""
        if self.state is State.HOME:
            self.push_screen(MockLength(), self._begin_mock)

    async def _begin_mock(self, text: str | None) -> None:
        """Ask what has no draft, so that none is written over."""
        if text is None:
            return
        drafts = await asyncio.wrap_future(self.keeper.ask(Journal.drafts))
        begun = {draft.question for draft in drafts if not draft.follow_up}
        fresh = {name: question for name, question in self.questions.items() if name not in begun}
        if not fresh:
            self.warn("No mock interview", "each question has a draft: hand one in first")
            return
        (count, by_minutes), seed = length(text), int(self.clock().timestamp())
        choose = mock_within if by_minutes else mock_of
        self.go_on(Interview(choose(fresh, count, seed)))

    def go_on(self, interview: Interview) -> None:
        """The next question of a mock interview, or its report."""
        done = len(interview.answered)
        if done == len(interview.names):
            self.go(Event.FINISH, lambda: MockReport(interview))
        else:
            self.go(Event.ASK, lambda: MockScreen(interview, self.questions[interview.names[done]]))

    def pull(self, name: str) -> None:
        """Pull a model of the catalogue, one at a time."""
        if self.pulling:
            self.warn("One at a time", f"{self.pulling.name} is on its way; x stops it")
            return
        self.pulling = Pull(name)
        self._await_pull(self.pulling)

    @work(group="pull")
    async def _await_pull(self, pull: Pull) -> None:
        try:
            model = await asyncio.wrap_future(pull.done)
        except (ModelError, Stopped) as error:
            self.warn(f"{pull.name} was not pulled", str(error))
        else:
            self.notify(f"Choose gguf:{plain(model.name)} to let it judge.", title="Pulled", timeout=30, markup=False)
        self.pulling = None
        if isinstance(self.screen, SettingsScreen):
            self.screen.renew()
            self.screen.draw_pull()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The app's own commands before Textual's."""
        if self.state is State.HOME:
            yield SystemCommand("Next question", "Ask what is due, or what is new", self.ask_next)
            yield SystemCommand("Mock interview", "Questions one after another, a report at the end", self.action_mock)
            yield SystemCommand("Progress", "Scores, mastery, weak points, calendar", self.action_progress)
            yield SystemCommand("Settings", "Choose who judges and who listens, pull models", self.action_settings)
        else:
            yield SystemCommand("Home", "Leave what is here; a draft stays", self.action_leave)
        yield SystemCommand("Help", "What there is, and which keys do it", self.action_help)
        yield from super().get_system_commands(screen)
