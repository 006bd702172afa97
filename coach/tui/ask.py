"""Ask: the question over an editor, a clock that never cuts off, help in steps, a draft that survives.

What was spoken comes back here as words to correct.
"""

from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer, Header, Static, TextArea

from coach.journal import Journal
from coach.practice import STEPS, Event, hints, soft_limit
from coach.practice.rounds import Round
from coach.terms import Attempt, Draft, FollowUp, Mode, Question
from coach.tui.answer_area import AnswerArea
from coach.tui.drawing import minutes
from coach.tui.rate import RateScreen
from coach.tui.review import Pending
from coach.tui.screen import CoachScreen
from coach.tui.spoken import Spoken, draft_line

SAVED_WITHIN = 0.5
"""Seconds after a keystroke until the draft is handed to the journal."""


class AskScreen(CoachScreen):
    """A question and room for the answer; `draft` is what was written of it before.

    What is set as `heard` before the screen shows takes the place of what is written; undoing brings that back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f5", "submit", "Grade"),
        Binding("ctrl+t", "hint", "Hint"),
        Binding("ctrl+r", "listen", "Speak"),
        Binding("escape", "back", "Home"),
    ]
    MODE = Mode.PRACTICE
    HINTED = True
    AGAIN = Event.ASK
    """What leads back here from listening."""

    def __init__(
        self, name: str, question: Question, draft: Draft | None = None, follow_up: FollowUp | None = None
    ) -> None:
        super().__init__()
        self.asked, self.question, self.follow_up = name, question, follow_up
        self.text, self._spent, self._hints = (draft.text, draft.seconds, draft.hints) if draft else ("", 0.0, 0)
        self.spoken, self._from = Spoken.of(draft), dict[str, Spoken]()
        self.heard: Spoken | None = None
        self._unsaved = self._handed_in = self._refused = False

    def compose(self) -> ComposeResult:
        """The question, the help that was taken, the editor, and how far one is."""
        yield Header(icon="")
        yield Static(id="asked")
        yield Static(id="help")
        yield AnswerArea(self.text, id="answer", show_line_numbers=False, soft_wrap=True, tab_behavior="focus")
        yield Static(id="heard")
        yield Static(id="status")
        yield Footer()

    def on_mount(self) -> None:
        """Ready to type, after what was written before."""
        super().on_mount()
        self._begun = self.coach.clock()
        self.say("#asked", self.question.question)
        editor = self.query_one(TextArea)
        editor.move_cursor(editor.document.end)
        editor.focus()
        self._show_help()
        self._show_heard()
        if self.heard and self.heard.transcript:
            self._replace(self.heard, self.heard.transcript.text)
        self._tick()
        self.set_interval(1, self._tick)

    def heading(self) -> str:
        """The level."""
        return self.question.level

    @property
    def seconds(self) -> float:
        """Seconds spent on the answer, those of an earlier sitting too."""
        return self._spent + max(0.0, (self.coach.clock() - self._begun).total_seconds())

    def _tick(self) -> None:
        self.say("#status", "Write an answer first." if self._refused else " · ".join(self.standing()))

    def standing(self) -> list[str]:
        """Words written, time spent, help taken, what is recorded."""
        count, limit = len(self.text.split()), soft_limit(self.question.level)
        over = ", over; take the time you need" if self.seconds > limit else ""
        written = "1 word" if count == 1 else f"{count} words"
        recorded = ["recorded, not transcribed (ctrl+r)"] if self.spoken.audio and not self.spoken.transcript else []
        return [written, f"{minutes(self.seconds)} of {minutes(limit)}{over}", *self.help_taken(), *recorded]

    def help_taken(self) -> list[str]:
        """How much help there is, and was taken."""
        return [f"{self._hints} of {STEPS} hints"] if self.HINTED else []

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hints are for where there are any."""
        return self.HINTED or action != "hint"

    def _show_help(self) -> None:
        help_ = hints(self.question, self._hints)
        self.say("#help", "\n".join(f"Hint {number}: {text}" for number, text in enumerate(help_, 1)))
        self.query_one("#help").display = bool(help_)

    def action_hint(self) -> None:
        """Take one more step of help."""
        self._hints = min(self._hints + 1, STEPS)
        self._show_help()
        self._changed()

    @on(TextArea.Changed)
    def _write(self, event: TextArea.Changed) -> None:
        self.text = event.text_area.text
        self.spoken = self._from.get(self.text, self.spoken)
        self._show_heard()
        self._changed()

    def _replace(self, spoken: Spoken, text: str) -> None:
        editor = self.query_one(AnswerArea)
        before = editor.text
        editor.replace(text, editor.document.start, editor.document.end, maintain_selection_offset=False)
        self._from = {before: self.spoken, editor.text: spoken}

    def _show_heard(self) -> None:
        """Say which words are in doubt, and underline them."""
        doubtful = self.spoken.doubtful(self.text)
        self.query_one(AnswerArea).underline(doubtful)
        transcript = self.spoken.transcript
        self.say("#heard", draft_line(transcript, doubtful) if transcript else "")
        self.query_one("#heard").display = transcript is not None

    def _changed(self) -> None:
        self._refused = False
        self._tick()
        if not self._unsaved:
            self._unsaved = True
            self.set_timer(SAVED_WITHIN, self.save)

    def save(self) -> None:
        """Hand the draft to the journal."""
        if self._handed_in or not self._unsaved:
            return
        self._unsaved = False
        draft = self.draft()
        self.coach.keep(lambda journal: keep_draft(journal, draft))

    def draft(self) -> Draft:
        """The answer as far as it is written or spoken."""
        return Draft(
            question=self.asked,
            at=self.coach.clock(),
            text=self.text,
            seconds=self.seconds,
            hints=self._hints,
            follow_up=self.follow_up,
            **self.spoken.for_draft(),
        )

    def leave(self) -> None:
        """What was typed last is kept too."""
        self.save()

    def on_unmount(self) -> None:
        """Likewise when coach is closed."""
        self.save()

    def action_submit(self) -> None:
        """Hand the answer in, its last word too."""
        self.text = self.query_one(TextArea).text
        if not self.text.strip():
            self._refused = True
            self._tick()
            return
        self.submitted(self.attempt())

    def attempt(self) -> Attempt:
        """The answer as it stands; from here on there is no draft."""
        self._handed_in = True
        return Attempt(
            question=self.asked,
            at=self.coach.clock(),
            text=self.text,
            seconds=self.seconds,
            mode=self.MODE,
            hints=self._hints,
            follow_up=self.follow_up,
            **self.spoken.for_attempt(self.text),
        )

    def submitted(self, attempt: Attempt) -> None:
        """Grading begins while the person says how good it was."""
        pending = Pending(attempt, self.coach.hand_in(self.question, attempt))
        self.coach.go(Event.SUBMIT, lambda: RateScreen(Round(self.asked, self.question), pending))

    def action_listen(self) -> None:
        """Speak the answer, or give a file."""
        from coach.tui.listen import ListenScreen

        self.coach.go(Event.SPEAK, partial(ListenScreen, self, self.draft()))

    def again(self, draft: Draft) -> "AskScreen":
        """A screen that asks the same, with what there is of the answer by now."""
        return AskScreen(self.asked, self.question, draft)

    def action_back(self) -> None:
        """Go home; the draft stays."""
        self.coach.go(Event.LEAVE)


def keep_draft(journal: Journal, draft: Draft) -> None:
    """Keep what is written or recorded, or forget it where nothing is; a hint that was taken stays taken."""
    if draft.text.strip() or draft.hints or draft.audio:
        journal.save_draft(draft)
    else:
        journal.drop_draft(draft.question, draft.follow_up.criterion if draft.follow_up else "")
