"""Listen: an answer is recorded, or a file of one is given; what is heard goes back to be corrected.

Each sound runs inside a worker of the screen, so that leaving the screen, or canceling the worker, ends it.
"""

import asyncio
import os.path
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer, Header, Input, Static

from coach.errors import CoachError
from coach.practice import Event
from coach.speech import LONGEST, Level, Recorded, Recorder, SpeakNow, hints_of
from coach.speech.recorder import Event as Sound
from coach.terms import Draft
from coach.tui.ask import AskScreen, keep_draft
from coach.tui.drawing import minutes
from coach.tui.hearing import played, sounds, transcribed
from coach.tui.phases import ACTIONS, OPEN, RESTING, WORDS, Phase
from coach.tui.screen import CoachScreen
from coach.tui.spoken import Spoken, meter

METER = 40
"""Cells of the level meter."""
SCRIPTED = "scripted:"
"""What the name of an engine begins with that hears what it is told to, with a microphone of its kind."""


class ListenScreen(CoachScreen):
    """A level meter, and a line for the path of a file; `draft` is the answer as `asked` had it."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "record", "Record"),
        Binding("space", "pause", "Pause"),
        Binding("space", "resume", "Go on"),
        Binding("enter", "transcribe", "Transcribe"),
        Binding("p", "play", "Play back"),
        Binding("d", "discard", "Discard"),
        Binding("escape", "back", "Back"),
        Binding("escape", "cancel", "Cancel"),
    ]

    def __init__(self, asked: AskScreen, draft: Draft) -> None:
        super().__init__()
        self._asked, self._draft = asked, draft
        self._phase = Phase.READY
        self._recorder: Recorder | None = None

    def compose(self) -> ComposeResult:
        """The question, the meter, what is going on, the path."""
        yield Header(icon="")
        yield Static(id="asked")
        yield Static(id="meter")
        yield Static(id="phase")
        yield Input(placeholder="tab: or write the path of a sound file here, and enter", id="path")
        yield Footer()

    def on_mount(self) -> None:
        """An earlier recording of the answer can be heard again."""
        super().on_mount()
        self.say("#asked", self._asked.question.question)
        self._rest()
        self.set_interval(1, self._tick)

    def heading(self) -> str:
        """Where one is."""
        return "speak"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys do what fits what is going on."""
        if isinstance(self.focused, Input) and action not in ("back", "cancel"):
            return action not in ACTIONS
        return action not in ACTIONS or self._phase in ACTIONS[action]

    def leave(self) -> None:
        """Nothing is drawn any more; what was recorded is kept."""
        for group in ("record", "play"):
            self.workers.cancel_group(self, group)

    def _tick(self) -> None:
        """Say how long transcribing has taken."""
        if self._phase is Phase.TRANSCRIBING:
            self.say("#meter", minutes((self.coach.clock() - self._begun).total_seconds()))

    @property
    def _recording(self) -> Path | None:
        """What was recorded of the answer, if it is there."""
        path = Path(self._draft.audio) if self._draft.audio else None
        return path if path and path.is_file() else None

    def _enter(self, phase: Phase, words: str = "") -> None:
        self._phase = phase
        self.say("#phase", words or WORDS[phase])
        self.query_one(Input).disabled = phase not in RESTING
        self.refresh_bindings()

    def _rest(self, words: str = "") -> None:
        """Wait for the person, with what was recorded if there is anything."""
        self._fall_silent()
        lines = [words] if words else []
        recording = self._recording
        if self._draft.audio and not recording and not self._draft.transcript:
            self._keep(audio=None)
        if recording and str(recording) not in words:
            lines.append(f"{WORDS[Phase.RECORDED]} {recording}")
        elif not words:
            lines.append(WORDS[Phase.READY])
        if self._draft.text.strip():
            lines.append("What is heard takes the place of what is written; ctrl+z brings that back.")
        self.say("#meter", "")
        self._enter(Phase.RECORDED if recording else Phase.READY, "\n".join(lines))

    def _keep(self, **changed: str | None) -> None:
        self._draft = draft = self._draft.model_copy(update=changed)
        self.coach.keep(lambda journal: keep_draft(journal, draft))

    def action_record(self) -> None:
        """Open the microphone."""
        self._recorder = None
        self._enter(Phase.RECORDING, "Opening the microphone …")
        self._record()

    @work(exclusive=True, group="record")
    async def _record(self) -> None:
        now, scripted = self.coach.clock(), (self.coach.engine or "").startswith(SCRIPTED)
        try:
            path = await asyncio.wrap_future(self.coach.keeper.ask(lambda journal: journal.new_recording(now)))
            self._keep(audio=str(path), transcript=None)
            with Recorder(path, scripted) as self._recorder:
                async for sound in sounds(self._recorder):
                    self._happened(sound)
        except CoachError as error:
            self._rest(str(error))

    def _happened(self, sound: Sound) -> None:
        match sound:
            case SpeakNow() if self._phase is Phase.RECORDING:
                self._enter(Phase.RECORDING, "Speak now.")
            case Level():
                self.say("#meter", f"{minutes(sound.seconds)} of {minutes(LONGEST)}   {meter(sound.dbfs, METER)}")
            case Recorded(complaint=None) if sound.seconds < LONGEST:
                self._hear(sound.path)
            case Recorded():
                longest = f"That was {LONGEST // 60} minutes, the most that coach hears. Enter transcribes it."
                self._rest(sound.complaint or longest)

    def action_pause(self) -> None:
        """Leave out what is said now."""
        if self._recorder:
            self._recorder.pause()
            self._enter(Phase.PAUSED)

    def action_resume(self) -> None:
        """Take in again what is said."""
        if self._recorder:
            self._fall_silent()
            self._recorder.resume()
            self._enter(Phase.RECORDING)

    def action_play(self) -> None:
        """Play back what was recorded so far; once more falls silent."""
        if self._fall_silent():
            self.say("#phase", WORDS[self._phase])
        elif recording := self._recording:
            self._play(recording)

    def _fall_silent(self) -> bool:
        """Stop playing; whether anything was being played."""
        playing = self.workers.cancel_group(self, "play")
        return any(worker.is_running for worker in playing)

    @work(exclusive=True, group="play")
    async def _play(self, path: Path) -> None:
        self.say("#phase", "Playing; p falls silent.")
        try:
            await played(path)
        except CoachError as error:
            self.say("#phase", str(error))
        else:
            self.say("#phase", WORDS[self._phase])

    def action_discard(self) -> None:
        """Delete what was recorded."""
        if self._recorder and self._phase in OPEN:
            self._recorder.close()
        self.workers.cancel_group(self, "record")
        if self._draft.audio:
            path = Path(self._draft.audio)
            self.coach.keep(lambda journal: journal.drop_recording(path))
            self._keep(audio=None)
        self._rest()

    def action_transcribe(self) -> None:
        """Have transcribed what was recorded."""
        self._fall_silent()
        if self._phase in OPEN and self._recorder:
            self._recorder.stop()
        elif recording := self._recording:
            self._hear(recording)

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        if given := event.value.strip().strip("'\""):
            self._hear(Path(os.path.expanduser(given)).absolute())  # noqa: PTH111 - Path's raises for an unknown user

    def _hear(self, path: Path) -> None:
        self._fall_silent()
        self.coach.go(Event.TRANSCRIBE)
        self.set_focus(None)
        self._enter(Phase.TRANSCRIBING)
        self._begun = self.coach.clock()
        self._tick()
        self._transcribe(path)

    @work(exclusive=True, group="transcribe")
    async def _transcribe(self, path: Path) -> None:
        try:
            heard = await transcribed(path, self.coach.engine, hints_of(self.coach.questions.values()))
        except CoachError as error:
            self.coach.go(Event.SPEAK)
            self._rest(str(error))
        else:
            if self._draft.transcript is None:
                self._draft = self._draft.model_copy(update={"seconds": self._draft.seconds + heard.duration})
            self._back(Spoken(str(path), heard))

    def action_cancel(self) -> None:
        """Leave off transcribing; what was recorded is kept."""
        self.workers.cancel_group(self, "transcribe")
        self.coach.go(Event.SPEAK)
        self._rest()

    def action_back(self) -> None:
        """Back to the question; what was recorded is kept."""
        self._back()

    def _back(self, heard: Spoken | None = None) -> None:
        asking = self._asked.again(self._draft)
        asking.heard = heard
        self.coach.go(self._asked.AGAIN, lambda: asking)
