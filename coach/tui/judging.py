"""What is below the screens: the journal and the judge, each on a thread of its own, and what was chosen of both.

An attempt is kept before it is graded. One whose grade did not come before coach was left is graded at the next start.
"""

import asyncio
import getpass
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from pathlib import Path

from textual import work
from textual.app import App
from textual.theme import Theme

from coach.errors import CoachError, JournalError
from coach.journal import Journal
from coach.judges import open_judge
from coach.library import Library
from coach.plain import plain
from coach.practice.rounds import leftovers
from coach.preferences import Preferences
from coach.terms import Attempt, Grade, Judge, Question
from coach.tui.grader import Grader
from coach.tui.keeper import Keeper


def local_now() -> datetime:
    """The time, in the person's zone."""
    return datetime.now().astimezone()


class JudgingApp(App[None]):
    """Grades what is handed in and keeps it, whatever is on the screen."""

    def __init__(
        self,
        library: Library,
        judge: str,
        opener: Callable[[str], Judge] = open_judge,
        journal: Path | None = None,
        clock: Callable[[], datetime] = local_now,
        preferences: Preferences | None = None,
    ) -> None:
        super().__init__()
        self.preferences = preferences or Preferences()
        if self.preferences.chosen.theme in self.available_themes:
            self.theme = self.preferences.chosen.theme
        self.questions = {f"{bank.bank}/{question.id}": question for bank, question in library}
        self.judge_name = judge
        self.clock = clock
        self.author = getpass.getuser()
        self.engine = self.preferences.chosen.speech
        """The speech engine that was chosen; None for the best there is."""
        self._opener = opener
        self._journal = journal
        self._taken = set[str]()
        """The attempts that are being graded or were, without those that failed."""
        self.grader: Grader
        self.keeper: Keeper

    def on_load(self) -> None:
        """The journal opens on its own thread."""
        self.keeper = Keeper(lambda: Journal(self.clock(), self._journal))

    def on_ready(self) -> None:
        """The judge opens behind the first frame."""
        self._loop_of_screens = asyncio.get_running_loop()
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        self.grader = Grader(partial(self._opener, self.judge_name))
        self._greet()

    def _keep_theme(self, theme: Theme) -> None:
        if theme.name != self.preferences.chosen.theme:
            self.remember(theme=theme.name)

    @work
    async def _greet(self) -> None:
        try:
            of_journal = await asyncio.wrap_future(self.keeper.ask(lambda journal: journal.notice))
        except JournalError as error:
            self.exit(return_code=2, message=f"coach: {plain(str(error))}")
            return
        if of_journal:
            self.warn("The journal", of_journal)
        if self.preferences.notice:
            self.warn("What was chosen", self.preferences.notice)
        if (theme := self.preferences.chosen.theme) and theme not in self.available_themes:
            self.warn("The theme", f"no theme is called {theme!r}; ctrl+p lists them")
        self._grade_leftovers()

    def warn(self, title: str, words: str) -> None:
        """Tell the person about something that is not as it should be."""
        self.notify(plain(words), title=title, severity="warning", timeout=30, markup=False)

    def on_unmount(self) -> None:
        """Let go of the grader; wait for the journal."""
        self.grader.close()
        self.keeper.close()

    def switch_judge(self, name: str) -> None:
        """Let another judge grade from now on; it opens behind the screen, and is remembered where it does."""
        self.judge_name = name
        self.grader.close()
        self.grader = Grader(partial(self._opener, name))
        self._tell_opened(name, self.grader)

    @work(exclusive=True, group="judge")
    async def _tell_opened(self, name: str, grader: Grader) -> None:
        try:
            judge = await asyncio.wrap_future(grader.judge)
        except CoachError as error:
            self.notify(plain(str(error)), title="Not opened", severity="error", timeout=30, markup=False)
        else:
            self.notify(plain(judge.name), title="Judges from now on", markup=False)
            self.remember(judge=name)
            self._grade_leftovers()

    def switch_engine(self, name: str) -> None:
        """Let another speech engine hear from now on, where it can be used."""
        from coach.speech import why_not  # numpy: 0.1 s

        if reason := why_not(name):
            self.warn("Not chosen", f"{name} {reason}")
            return
        self.engine = name
        self.remember(speech=name)

    def remember(self, **chosen: str) -> None:
        """Remember a choice for the next start."""
        self.keep(lambda journal: self.preferences.keep(**chosen))

    def keep(self, use: Callable[[Journal], None]) -> None:
        """Write on the journal's thread; the person is told where that fails."""
        self.keeper.ask(use).add_done_callback(self._tell)

    def _tell(self, done: "Future[None]") -> None:
        if error := done.exception():
            tell = partial(self.notify, plain(f"not kept: {error}"), severity="error", timeout=30, markup=False)
            self._loop_of_screens.call_soon_threadsafe(tell)

    def hand_in(self, question: Question, attempt: Attempt) -> "Future[Grade]":
        """Keep an attempt, and its grade when it is there, whatever is on the screen by then."""
        self.keep(lambda journal: journal.store(attempt))
        return self._grade(question, attempt)

    def _grade(self, question: Question, attempt: Attempt) -> "Future[Grade]":
        self._taken.add(attempt.id)
        coming = self.grader.grade(question, attempt)
        coming.add_done_callback(partial(self._keep_grade, question, attempt.id))
        return coming

    def _keep_grade(self, question: Question, attempt: str, done: "Future[Grade]") -> None:
        if done.cancelled() or done.exception():
            self._taken.discard(attempt)
            return
        if self.keeper.closed:
            return
        grade, weights = done.result(), {each.id: each.weight for each in question.criteria}
        self.keep(lambda journal: journal.keep_grade(attempt, grade, weights))

    @work(exclusive=True, group="leftovers")
    async def _grade_leftovers(self) -> None:
        """Grade what was handed in and has no grade, one after another, so that a new answer waits for one at most."""
        ungraded = await asyncio.wrap_future(self.keeper.ask(Journal.ungraded))
        left = leftovers(self.questions, (each for each in ungraded if each.id not in self._taken))
        if not left:
            return
        try:
            await asyncio.shield(asyncio.wrap_future(self.grader.judge))
        except Exception as error:  # whatever it is, it would come again at every start
            self._warn_ungraded(len(left), error)
            return
        errors = [why for question, attempt in left if (why := await self._graded_late(question, attempt))]
        if graded := len(left) - len(errors):
            self.notify(f"{graded} of your answers", title="Graded at last", markup=False)
        if errors:
            self._warn_ungraded(len(errors), errors[0])

    async def _graded_late(self, question: Question, attempt: Attempt) -> Exception | None:
        """Why an attempt could not be graded; None where it was."""
        try:
            await asyncio.wrap_future(self._grade(question, attempt))
        except Exception as error:  # likewise
            return error
        self.on_graded_late()
        return None

    def _warn_ungraded(self, count: int, error: Exception) -> None:
        self.warn(f"{count} of your answers without a grade", str(error))

    def on_graded_late(self) -> None:
        """Nothing, where no screen shows what changes."""
