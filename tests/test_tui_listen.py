"""Spoken answers in the terminal app: recorded or given, transcribed, corrected, graded; what goes wrong is told."""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from practice_records import NOON
from sounds import heard, write_wav
from textual.pilot import Pilot
from textual.widgets import Input, TextArea
from tui_pilot import ANSWER, answered, app_of, kept, press, settled, shown, still, written

from coach.errors import SpeechError
from coach.journal import Journal
from coach.judges import ScriptedJudge
from coach.judges.scripted import always
from coach.library import Library
from coach.practice import State
from coach.speech import LONGEST, Level, Recorded, Recorder, SpeakNow, Transcript, delivery, doubtful_words
from coach.speech.recorder import Event
from coach.terms import Draft, Verdict
from coach.tui import CoachApp
from coach.tui.answer_area import AnswerArea
from coach.tui.ask import AskScreen
from coach.tui.follow_up import FollowUpScreen
from coach.tui.home import HomeScreen
from coach.tui.listen import ListenScreen
from coach.tui.mock import MockScreen
from coach.tui.reading import ReadingScreen
from coach.tui.spoken import LISTED, delivery_line, draft_line, meter

WORDS = "One is the first? natural number?"
HEARD = "One is the first natural number"
WAIT = 60
"""Seconds after which a test gives up."""


class FakeRecorder:
    """A recorder that hears what the test says; each event waits until the screen has taken it in."""

    def __init__(self, path: Path, scripted: bool = False) -> None:
        self.path, self.wanted, self.closed = write_wav(path, 2.0), list[str](), False
        self._coming = queue.SimpleQueue[Event | SpeechError]()
        self._asked = threading.Semaphore(0)

    def __enter__(self) -> "FakeRecorder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def events(self) -> Iterator[Event]:
        while True:
            self._asked.release()
            event = self._coming.get(timeout=WAIT)
            if isinstance(event, SpeechError):
                raise event
            yield event
            if isinstance(event, Recorded):
                return

    async def hears(self, *events: Event) -> None:
        for event in events:
            self._coming.put(event)
            await self.asked()

    async def asked(self) -> None:
        assert await asyncio.to_thread(self._asked.acquire, timeout=WAIT)

    def ends(self, end: Recorded | SpeechError) -> None:
        self._coming.put(end)

    def pause(self) -> None:
        self.wanted.append("pause")

    def resume(self) -> None:
        self.wanted.append("resume")

    def stop(self) -> None:
        self.ends(Recorded(self.path, 2.0, -20.0))

    def close(self) -> None:
        self.closed = True
        self.ends(SpeechError("it was cancelled"))


@pytest.fixture
def recorders(monkeypatch: pytest.MonkeyPatch) -> "queue.SimpleQueue[FakeRecorder]":
    """The recorders that the screen opens."""
    opened: queue.SimpleQueue[FakeRecorder] = queue.SimpleQueue()

    def open_(path: Path, scripted: bool = False) -> FakeRecorder:
        recorder = FakeRecorder(path)
        opened.put(recorder)
        return recorder

    monkeypatch.setattr("coach.tui.listen.Recorder", open_)
    return opened


Recorders = queue.SimpleQueue[FakeRecorder]


def app_hearing(library: Library, folder: Path, words: str = WORDS, verdict: Verdict | None = None) -> CoachApp:
    """The app with an engine that hears these words in every recording."""
    app = app_of(library, folder, ScriptedJudge(always(verdict)) if verdict else None)
    app.engine = f"scripted:{words}"
    return app


async def listening(pilot: Pilot[None]) -> None:
    await press(pilot, "enter", "ctrl+r")
    assert isinstance(pilot.app.screen, ListenScreen)


async def recording(pilot: Pilot[None], recorders: Recorders) -> FakeRecorder:
    """Begin to record; the recorder, which is waited for."""
    await pilot.press("space")
    recorder = await asyncio.to_thread(recorders.get, timeout=WAIT)
    await recorder.asked()
    return recorder


async def spoken(pilot: Pilot[None], recorders: Recorders) -> None:
    """Speak to the end, and wait for the transcript."""
    await recording(pilot, recorders)
    await press(pilot, "enter")


async def given(pilot: Pilot[None], path: Path | str) -> None:
    """Give a file in place of a recording."""
    await pilot.press("tab")
    pilot.app.screen.query_one(Input).value = str(path)
    await press(pilot, "enter")


def underlined(pilot: Pilot[None]) -> list[str]:
    editor = pilot.app.screen.query_one(AnswerArea)
    lines = map(editor.get_line, range(editor.document.line_count))
    return [line.plain[span.start : span.end] for line in lines for span in line.spans if span.style == "underline"]


def written_text(pilot: Pilot[None]) -> str:
    return pilot.app.screen.query_one(TextArea).text


def keys(pilot: Pilot[None]) -> dict[str, str]:
    """What the footer offers."""
    bindings = pilot.app.screen.active_bindings.values()
    return {each.binding.key: each.binding.description for each in bindings if each.binding.show}


def drafts(folder: Path) -> list[Draft]:
    with Journal(NOON, folder / "journal.sqlite") as journal:
        return journal.drafts()


async def test_a_spoken_answer_is_transcribed_corrected_and_graded(
    library: Library, tmp_path: Path, recorders: Recorders
) -> None:
    app = app_hearing(library, tmp_path)
    async with app.run_test() as pilot:
        await listening(pilot)
        recorder = await recording(pilot, recorders)
        assert shown(pilot, "#phase") == "Opening the microphone …"
        await recorder.hears(SpeakNow())
        assert shown(pilot, "#phase") == "Speak now."
        await recorder.hears(Level(62.5, -30.0))
        assert shown(pilot, "#meter") == f"1:02 of 20:00   {'█' * 20}{'░' * 20}  -30 dB, good"
        await press_only(pilot, "space", "space")
        assert recorder.wanted == ["pause", "resume"]
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, AskScreen) and app.state is State.ASKING
        assert written_text(pilot) == HEARD
        assert shown(pilot, "#heard").endswith("correct it before it is graded. In doubt: first · number")
        assert underlined(pilot) == ["first", "number"]
        await written(pilot, "One is, you know, the first natural number.")
        await press(pilot, "enter")
        assert shown(pilot, "#headline").startswith("Score ")
        assert shown(pilot, "#delivery") == (
            "Delivery, not in the score: 240 words a minute · no pauses over 2 s · fillers: you know 1 "
            "· began after 0.0 s"
        )
    (attempt,) = (record.attempt for record in kept(tmp_path))
    assert attempt.spoken and attempt.audio == str(recorder.path) and recorder.path.is_file()
    assert attempt.doubt == 1 / 8  # "first"; "number." was corrected
    assert attempt.delivery is not None and attempt.delivery["words_per_minute"] == 240


async def press_only(pilot: Pilot[None], *keys: str) -> None:
    """Press keys while something goes on that is not waited for."""
    await pilot.press(*keys)
    await pilot.pause()


async def test_the_footer_offers_what_fits(library: Library, tmp_path: Path, recorders: Recorders) -> None:
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await listening(pilot)
        assert keys(pilot) == {"space": "Record", "escape": "Back"}
        recorder = await recording(pilot, recorders)
        rest = {"enter": "Transcribe", "d": "Discard", "escape": "Back"}
        assert keys(pilot) == {"space": "Pause"} | rest
        await press_only(pilot, "space")
        assert keys(pilot) == {"space": "Go on", "p": "Play back"} | rest
        recorder.ends(SpeechError("the microphone is gone"))
        await settled(pilot)
        assert keys(pilot) == {"p": "Play back"} | rest
        await press(pilot, "d")
        await pilot.press("tab")
        assert keys(pilot) == {"escape": "Back"}


@pytest.mark.parametrize(("corrected", "told"), [(None, "? Check this yourself: check the transcript"), (ANSWER, "○")])
async def test_what_was_heard_badly_is_not_missed(
    library: Library, tmp_path: Path, recorders: Recorders, corrected: str | None, told: str
) -> None:
    async with app_hearing(library, tmp_path, verdict=Verdict.MISSED).run_test() as pilot:
        await listening(pilot)
        await spoken(pilot, recorders)
        await written(pilot, corrected or HEARD)
        await press(pilot, "enter")
        assert shown(pilot, "#point").startswith(told)


async def test_an_answer_that_was_heard_badly_is_so_when_it_is_graded_later(library: Library, tmp_path: Path) -> None:
    said = Draft(question="demo/one", at=NOON, text=HEARD, audio="a.wav", transcript=TRANSCRIPT)
    with Journal(NOON, tmp_path / "journal.sqlite") as journal:
        journal.save_draft(said)
    async with app_hearing(library, tmp_path, verdict=Verdict.MISSED).run_test() as pilot:
        await press(pilot, "home", "enter")
        assert shown(pilot, "#heard").endswith("In doubt: first · number")
        await press(pilot, "ctrl+s", "enter")
        assert shown(pilot, "#headline").startswith("No score")


TRANSCRIPT = heard(
    *((word, float(i), i + 1.0, 0.1 if word in ("first", "number") else 1.0) for i, word in enumerate(HEARD.split()))
).model_dump(mode="json")


async def test_a_file_may_be_given_instead(library: Library, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "said it.wav", 3.0)
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await listening(pilot)
        await given(pilot, f"'{path}'")
        assert written_text(pilot) == HEARD
        await press(pilot, "ctrl+s", "enter")
    (attempt,) = (record.attempt for record in kept(tmp_path))
    assert (attempt.audio, attempt.seconds) == (str(path), 3.0)


async def test_the_draft_of_a_transcript_is_there_again(library: Library, tmp_path: Path, recorders: Recorders) -> None:
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await listening(pilot)
        await spoken(pilot, recorders)
        await pilot.press("ctrl+q")
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await settled(pilot)
        await press(pilot, "home", "enter")
        assert written_text(pilot) == HEARD
        assert underlined(pilot) == ["first", "number"]
        await press(pilot, "ctrl+r")
        assert "Recorded and kept." in shown(pilot, "#phase")


async def test_what_was_typed_comes_back_with_undo_and_is_no_spoken_answer(
    library: Library, tmp_path: Path, recorders: Recorders
) -> None:
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await press(pilot, "enter")
        await pilot.press(*"Typed")
        await press(pilot, "ctrl+r")
        assert "takes the place of what is written; ctrl+z brings that back" in shown(pilot, "#phase")
        await spoken(pilot, recorders)
        assert written_text(pilot) == HEARD
        await press(pilot, "ctrl+z")
        assert written_text(pilot) == "Typed"
        assert not pilot.app.screen.query_one("#heard").display
        await press(pilot, "ctrl+y")
        assert underlined(pilot) == ["first", "number"]
        await press(pilot, "ctrl+z", "ctrl+s", "enter")
    (attempt,) = (record.attempt for record in kept(tmp_path))
    assert (attempt.text, attempt.spoken, attempt.delivery) == ("Typed", False, None)


async def test_nothing_that_was_heard_drives_the_terminal(
    library: Library, tmp_path: Path, recorders: Recorders
) -> None:
    async with app_hearing(library, tmp_path, "[red]One[/]? \x1b[31mis \x07it?").run_test() as pilot:
        await listening(pilot)
        await spoken(pilot, recorders)
        assert written_text(pilot) == "[red]One[/] ␛[31mis ␇it"
        assert shown(pilot, "#heard").endswith("In doubt: [red]One[/] · ␇it")
        assert underlined(pilot) == ["[red]One[/]", "␇it"]


@pytest.mark.parametrize(
    "trouble",
    [
        "there is no microphone; plug one in, or choose one in the system's sound settings",
        "coach may not use the microphone; allow it in the system's privacy settings (macOS, Windows), "
        "or join the group 'audio' (Linux)",
    ],
)
async def test_a_microphone_that_cannot_be_opened_is_told(
    library: Library, tmp_path: Path, recorders: Recorders, trouble: str
) -> None:
    app = app_hearing(library, tmp_path)
    async with app.run_test() as pilot:
        await listening(pilot)
        recorder = await recording(pilot, recorders)
        recorder.path.unlink()
        recorder.ends(SpeechError(trouble))
        await settled(pilot)
        assert shown(pilot, "#phase") == trouble
        assert keys(pilot)["space"] == "Record"
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, AskScreen) and app.state is State.ASKING
        assert "recorded" not in shown(pilot, "#status")
    assert drafts(tmp_path) == []


async def test_what_was_said_before_the_microphone_went_is_kept_and_transcribed(
    library: Library, tmp_path: Path, recorders: Recorders
) -> None:
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await listening(pilot)
        recorder = await recording(pilot, recorders)
        await recorder.hears(SpeakNow(), Level(2.0, -20.0))
        gone = f"the microphone is gone; what was said before is kept in {recorder.path}"
        recorder.ends(SpeechError(gone))
        await settled(pilot)
        assert shown(pilot, "#phase") == gone
        await press(pilot, "enter")
        assert written_text(pilot) == HEARD


async def test_silence_is_told_and_not_transcribed(library: Library, tmp_path: Path, recorders: Recorders) -> None:
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await listening(pilot)
        recorder = await recording(pilot, recorders)
        recorder.ends(Recorded(recorder.path, 2.0, -90.0))
        await settled(pilot)
        assert "nothing was heard: is the microphone muted" in shown(pilot, "#phase")
        assert keys(pilot)["d"] == "Discard"


async def test_talk_that_reaches_the_longest_waits_for_the_person(
    library: Library, tmp_path: Path, recorders: Recorders
) -> None:
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await listening(pilot)
        recorder = await recording(pilot, recorders)
        recorder.ends(Recorded(recorder.path, LONGEST, -20.0))
        await settled(pilot)
        assert "That was 20 minutes, the most that coach hears. Enter transcribes it." in shown(pilot, "#phase")
        await press(pilot, "enter")
        assert written_text(pilot) == HEARD


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no such file"), (b"RIFF" + bytes(200), "is broken"), (b"hello there", "is not WAV, FLAC, Ogg Vorbis")],
)
async def test_a_file_that_cannot_be_read_is_told(
    library: Library, tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "a.wav"
    if content is not None:
        path.write_bytes(content)
    app = app_hearing(library, tmp_path)
    async with app.run_test() as pilot:
        await listening(pilot)
        await given(pilot, path)
        assert said in shown(pilot, "#phase") and app.state is State.LISTENING
        assert pilot.app.screen.query_one(Input).value == str(path)


async def test_an_engine_that_is_not_there_is_told_and_the_recording_kept(
    library: Library, tmp_path: Path, recorders: Recorders
) -> None:
    app = app_hearing(library, tmp_path)
    app.engine = "parakeet"
    async with app.run_test() as pilot:
        await listening(pilot)
        await spoken(pilot, recorders)
        assert shown(pilot, "#phase").startswith(("parakeet is not installed: pip", "parakeet has no model yet: hf"))
        assert "Recorded and kept." in shown(pilot, "#phase")
        app.engine = f"scripted:{WORDS}"
        await press(pilot, "enter")
        assert written_text(pilot) == HEARD


async def test_a_file_of_an_unknown_user_is_told(library: Library, tmp_path: Path) -> None:
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await listening(pilot)
        await given(pilot, "~nobody-of-that-name/a.wav")
        assert "no such file" in shown(pilot, "#phase")


async def test_a_recording_that_is_heard_again_took_no_longer(
    library: Library, tmp_path: Path, recorders: Recorders
) -> None:
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await listening(pilot)
        await spoken(pilot, recorders)
        await press(pilot, "ctrl+r", "enter", "escape")
    assert [each.seconds for each in drafts(tmp_path)] == [2.0]


async def test_a_new_recording_does_not_go_with_what_was_heard_in_the_old(
    library: Library, tmp_path: Path, recorders: Recorders
) -> None:
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await listening(pilot)
        await spoken(pilot, recorders)
        await press(pilot, "ctrl+r", "d")
        recorder = await recording(pilot, recorders)
        await press(pilot, "escape")
        assert shown(pilot, "#status").endswith("recorded, not transcribed (ctrl+r)")
    assert [(each.audio, each.transcript) for each in drafts(tmp_path)] == [(str(recorder.path), None)]


class Endless:
    """What goes on until it is closed: a listener or a player."""

    def __init__(self, *_: object) -> None:
        self._end = threading.Event()

    def __enter__(self) -> "Endless":
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()

    def wait(self, *_: object) -> None:
        assert self._end.wait(WAIT)

    def transcript(self, path: Path) -> Transcript:
        self.wait()
        raise SpeechError("it was cancelled")


async def test_transcribing_can_be_canceled_and_the_screen_answers_meanwhile(
    library: Library, tmp_path: Path, recorders: Recorders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coach.tui.hearing.Listener", Endless)
    app = app_hearing(library, tmp_path)
    async with app.run_test() as pilot:
        await listening(pilot)
        recorder = await recording(pilot, recorders)
        recorder.stop()
        await asyncio.wrap_future(app.keeper.ask(lambda journal: None))
        while app.state is not State.TRANSCRIBING:
            await pilot.pause()
        assert keys(pilot) == {"escape": "Cancel"}
        await pilot.press("f1", "escape", "escape")
        await settled(pilot)
        assert app.state is State.LISTENING
        assert shown(pilot, "#phase").startswith("Recorded and kept.")
        await press(pilot, "escape")
        assert [each.audio for each in drafts(tmp_path)] == [str(recorder.path)]


async def test_a_transcript_that_comes_while_help_is_read_closes_the_help(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = threading.Event()

    class Late(Endless):
        def transcript(self, path: Path) -> Transcript:
            assert here.wait(WAIT)
            return Transcript.model_validate(TRANSCRIPT)

    monkeypatch.setattr("coach.tui.hearing.Listener", Late)
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await listening(pilot)
        await pilot.press("tab")
        pilot.app.screen.query_one(Input).value = "a.wav"
        await press_only(pilot, "enter", "f1")
        assert isinstance(pilot.app.screen, ReadingScreen)
        here.set()
        await settled(pilot)
        assert isinstance(pilot.app.screen, AskScreen) and len(pilot.app.screen_stack) == 2
        assert written_text(pilot) == HEARD


async def test_what_was_recorded_is_played_until_it_is_enough(
    library: Library, tmp_path: Path, recorders: Recorders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coach.tui.hearing.Player", Endless)
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await listening(pilot)
        await recording(pilot, recorders)
        await press_only(pilot, "space", "p")
        assert shown(pilot, "#phase") == "Playing; p falls silent."
        await press_only(pilot, "p")
        assert shown(pilot, "#phase") == "Paused: what is said now is left out."


async def test_a_file_that_is_given_silences_what_is_played(
    library: Library, tmp_path: Path, recorders: Recorders, monkeypatch: pytest.MonkeyPatch
) -> None:
    players = list[Endless]()

    class Kept(Endless):
        def __enter__(self) -> Endless:
            players.append(self)
            return self

    monkeypatch.setattr("coach.tui.hearing.Player", Kept)
    monkeypatch.setattr("coach.tui.hearing.Listener", Endless)
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await listening(pilot)
        recorder = await recording(pilot, recorders)
        recorder.ends(Recorded(recorder.path, 2.0, -90.0))
        await settled(pilot)
        await press_only(pilot, "p", "tab")
        pilot.app.screen.query_one(Input).value = "a.wav"
        await press_only(pilot, "enter")
        (player,) = players
        assert await asyncio.to_thread(player._end.wait, WAIT)
        await pilot.pause()
        assert shown(pilot, "#phase").startswith("Transcribing")


async def test_a_loudspeaker_that_is_not_there_is_told(
    library: Library, tmp_path: Path, recorders: Recorders, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Mute(Endless):
        def wait(self, *_: object) -> None:
            raise SpeechError("there is no loudspeaker; plug one in")

    monkeypatch.setattr("coach.tui.hearing.Player", Mute)
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await listening(pilot)
        recorder = await recording(pilot, recorders)
        recorder.ends(Recorded(recorder.path, 2.0, -90.0))
        await settled(pilot)
        await press(pilot, "p")
        assert shown(pilot, "#phase") == "there is no loudspeaker; plug one in"


async def test_a_discarded_recording_is_gone(library: Library, tmp_path: Path, recorders: Recorders) -> None:
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await listening(pilot)
        recorder = await recording(pilot, recorders)
        await press(pilot, "d")
        assert recorder.closed and not recorder.path.exists()
        assert keys(pilot)["space"] == "Record"
    assert drafts(tmp_path) == []


async def test_a_file_that_was_given_is_never_deleted(library: Library, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "mine.wav")
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await listening(pilot)
        await given(pilot, path)
        await press(pilot, "ctrl+r", "d")
        assert shown(pilot, "#phase").startswith("Space records")
    assert path.is_file()


@pytest.mark.parametrize("way", ["leave", "quit"])
async def test_leaving_ends_the_recording_and_keeps_it(
    library: Library, tmp_path: Path, recorders: Recorders, way: str
) -> None:
    app = app_hearing(library, tmp_path)
    async with app.run_test() as pilot:
        await listening(pilot)
        recorder = await recording(pilot, recorders)
        if way == "leave":
            await app.action_leave()
            await settled(pilot)
            assert isinstance(app.screen, HomeScreen)
        else:
            await pilot.press("ctrl+q")
    assert recorder.closed and recorder.path.is_file()
    assert [each.audio for each in drafts(tmp_path)] == [str(recorder.path)]
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await settled(pilot)
        await press(pilot, "home", "enter")
        assert shown(pilot, "#status").endswith("recorded, not transcribed (ctrl+r)")
        await press(pilot, "ctrl+r", "enter")
        assert written_text(pilot) == HEARD


@pytest.mark.parametrize("way", ["leave", "quit"])
async def test_levels_that_come_while_one_leaves_do_no_harm(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    class Loud(FakeRecorder):
        def events(self) -> Iterator[Event]:
            while not self.closed:
                yield Level(1.0, -20.0)

    monkeypatch.setattr("coach.tui.listen.Recorder", Loud)
    app = app_hearing(library, tmp_path)
    async with app.run_test() as pilot:
        await listening(pilot)
        await pilot.press("space")
        while not shown(pilot, "#meter"):
            await pilot.pause()
        if way == "leave":
            await app.action_leave()
            await settled(pilot)
            assert isinstance(app.screen, HomeScreen)
        else:
            await pilot.press("ctrl+q")


async def test_a_follow_up_can_be_spoken(library: Library, tmp_path: Path, recorders: Recorders) -> None:
    async with app_hearing(library, tmp_path, "It is the square of itself.").run_test() as pilot:
        await answered(pilot)
        await press(pilot, "f", "ctrl+r")
        await spoken(pilot, recorders)
        assert isinstance(pilot.app.screen, FollowUpScreen)
        await press(pilot, "ctrl+s")
        assert "Without help 75, with follow-ups 100." in shown(pilot, "#headline")
        assert shown(pilot, "#delivery").startswith("Follow-up. Delivery, not in the score: 180 words a minute")
    first, second = (record.attempt for record in kept(tmp_path))
    assert (first.spoken, second.spoken) == (False, True)


async def test_an_answer_of_a_mock_interview_can_be_spoken(
    library: Library, tmp_path: Path, recorders: Recorders
) -> None:
    async with app_hearing(library, tmp_path).run_test() as pilot:
        await press(pilot, "m", "1", "backspace", "backspace", "1", "enter", "ctrl+r")
        await press(pilot, "escape", "ctrl+r")
        await spoken(pilot, recorders)
        assert isinstance(pilot.app.screen, MockScreen)
        await press(pilot, "ctrl+s")
        assert "Delivery, not in the score: 180 words a minute" in shown(pilot, "#report")


def test_the_scripted_microphone_records_without_a_device(tmp_path: Path) -> None:
    with Recorder(tmp_path / "a.wav", scripted=True) as recorder:
        sounds = recorder.events()
        assert next(sounds) == SpeakNow()
        assert isinstance(next(sounds), Level)
        recorder.stop()
        *_, last = sounds
    assert isinstance(last, Recorded) and last.complaint is None and last.path.is_file()


@pytest.mark.parametrize(
    ("dbfs", "full", "word"),
    [
        (-100.0, 0, "too soft"),
        (-46.0, 2, "too soft"),
        (-30.0, 5, "good"),
        (-1.0, 10, "too loud"),
        (3.0, 10, "too loud"),
    ],
)
def test_the_meter_is_read_without_colour(dbfs: float, full: int, word: str) -> None:
    assert meter(dbfs, 10) == f"{'█' * full}{'░' * (10 - full)} {dbfs:4.0f} dB, {word}"


def test_many_words_in_doubt_are_counted() -> None:
    said = heard(*((f"w{i}", float(i), i + 1.0, 0.0) for i in range(LISTED + 3)))
    assert draft_line(said, doubtful_words(said, said.text)).endswith("w7 and 3 more")
    assert "In doubt" not in draft_line(said, ())


def test_delivery_is_told_in_a_line() -> None:
    said = heard(("It", 1.5, 2.0, 1.0), ("is", 5.5, 6.0, 1.0))
    assert delivery_line(delivery(said, "It is").model_dump(mode="json")) == (
        "Delivery, not in the score: 27 words a minute · 1 pause over 2 s, the longest 3.5 s · no fillers "
        "· began after 1.5 s"
    )
    assert delivery_line(None) == ""


async def meter_up(pilot: Pilot[None], recorders: Recorders) -> None:
    recorder = await recording(pilot, recorders)
    await recorder.hears(SpeakNow(), Level(62.5, -24.0))


async def reviewed(pilot: Pilot[None], recorders: Recorders) -> None:
    await spoken(pilot, recorders)
    await written(pilot, f"{ANSWER} It is, you know, odd.")
    await press(pilot, "enter")


async def ready(pilot: Pilot[None], recorders: Recorders) -> None:
    await pilot.pause()


SCREENS: dict[str, Callable[..., object]] = {
    "listen": ready,
    "recording": meter_up,
    "transcript": spoken,
    "review": reviewed,
}


@pytest.mark.parametrize(("size", "theme"), [((80, 24), "textual-dark"), ((200, 60), "textual-light")])
@pytest.mark.parametrize("screen", SCREENS)
def test_screens_look_as_they_did(
    snap_compare: Callable[..., bool],
    library: Library,
    tmp_path: Path,
    recorders: Recorders,
    size: tuple[int, int],
    theme: str,
    screen: str,
) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme
        await listening(pilot)
        await SCREENS[screen](pilot, recorders)  # type: ignore[misc]
        still(pilot)
        await pilot.pause()

    assert snap_compare(app_hearing(library, tmp_path), terminal_size=size, run_before=drive)
