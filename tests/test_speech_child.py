"""The processes that work with sound: what they say, and what happens when they die, hang or are ended."""

import sys
import threading
import wave
from collections.abc import Generator, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import miniaudio
import pytest
from sounds import noise, write_wav

from coach.errors import SpeechError
from coach.speech import Listener, Recorded, recording
from coach.speech.audio import SILENCE
from coach.speech.child import Child
from coach.speech.devices import microphone, refusal
from coach.speech.terms import RATE

BLOCK = noise(0.05).tobytes()
SILENT = bytes(len(BLOCK))


def child(code: str) -> Child:
    return Child([sys.executable, "-c", code])


def test_a_child_that_dies_is_told_with_its_last_words() -> None:
    with (
        child("raise OSError('the dog ate it')") as dying,
        pytest.raises(SpeechError, match=r"died \(exit code 1\): OSError: the dog ate it; try again"),
    ):
        dying.hear()


def test_a_child_that_is_killed_is_told_with_the_signal() -> None:
    with child("import os; os.kill(os.getpid(), 9)") as killed:
        for _ in range(2):
            with pytest.raises(SpeechError, match=r"died \(signal 9\): it gave no reason"):
                killed.hear()


def test_a_child_that_hangs_is_ended() -> None:
    with child("import signal; signal.pause()") as hanging:
        with pytest.raises(SpeechError, match="nothing came of it for 0 s, so it was ended; try again"):
            hanging.hear(patience=0.1)
        assert hanging.ended and hanging.closed


def test_closing_from_another_thread_ends_what_waits() -> None:
    with child("print('{\"ready\": true}', flush=True); input()") as busy:
        busy.hear()
        threading.Thread(target=busy.close).start()
        with pytest.raises(SpeechError, match="it was cancelled"):
            busy.hear()
        busy.tell({"want": "stop"})  # nobody minds


def test_what_libraries_print_is_no_message() -> None:
    code = (
        "import os, sys; from coach.speech import worker\n"
        "def noisy(told, say): os.write(1, b'ALSA lib\\n'); print('hello', flush=True); say({'asked': next(told)})\n"
        "worker.ROLES['noisy'] = noisy; sys.argv = ['worker', 'noisy']; worker.main()"
    )
    with child(code) as noisy:
        noisy.tell({"a": 1})
        assert noisy.hear() == {"asked": {"a": 1}}


def test_a_listener_hears_one_recording_after_the_other_and_goes_on_after_a_broken_one(tmp_path: Path) -> None:
    good, broken = write_wav(tmp_path / "good.wav", 2), tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF")
    with Listener("scripted:one two?") as listener:
        heard = listener.transcript(good)
        with pytest.raises(SpeechError, match="is broken"):
            listener.transcript(broken)
        assert listener.transcript(good) == heard
    assert [(word.text, word.start, word.end, word.prob) for word in heard.words] == [
        ("one", 0, 1, 1.0),
        ("two", 1, 2, 0.1),
    ]


def test_a_recording_in_which_nobody_speaks_is_told(tmp_path: Path) -> None:
    with Listener("scripted") as listener, pytest.raises(SpeechError, match="nobody is heard to speak in it"):
        listener.transcript(write_wav(tmp_path / "a.wav"))


def test_a_listener_starts_again_where_its_child_has_died(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = '{"seconds": 1}\\n{"text": "a", "words": [{"text": "a", "start": 0, "end": 1, "prob": 1}], '
    said += '"duration": 1, "engine": "x", "draft": false}'
    commands = iter(["input(); raise SystemExit(3)", f"input(); print('{said}', flush=True); input()"])
    monkeypatch.setattr("coach.speech.listener.worker", lambda *_: [sys.executable, "-c", next(commands)])
    with Listener("any") as listener:
        with pytest.raises(SpeechError, match="exit code 3"):
            listener.transcript(tmp_path / "a.wav")
        assert listener.transcript(tmp_path / "a.wav").text == "a"


def test_a_listener_that_was_closed_starts_no_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.speech.listener.Child", lambda command: pytest.fail("it was started"))
    listener = Listener("any")
    listener.close()
    with pytest.raises(SpeechError, match="it was cancelled"):
        listener.transcript(tmp_path / "a.wav")


def taken(path: Path, *items: bytes | str) -> list[dict[str, Any]]:
    """What is said of a recording in which these blocks and wishes come."""
    heard: recording.Heard = SimpleQueue()
    for item in items:
        heard.put(item)
    said: list[dict[str, Any]] = []
    with recording.new_wav(path) as file:
        recording.take(path, file, heard, lambda message: said.append(dict(message)))
    return said


def seconds(path: Path) -> float:
    with wave.open(str(path)) as file:
        return file.getnframes() / RATE


def test_it_is_time_to_speak_once_when_the_first_block_has_come(tmp_path: Path) -> None:
    said = taken(tmp_path / "a.wav", BLOCK, BLOCK, "stop")
    assert [message["event"] for message in said] == ["speak", "level", "level", "recorded"]


def test_what_comes_during_a_pause_is_shown_and_left_out(tmp_path: Path) -> None:
    said = taken(tmp_path / "a.wav", SILENT, "pause", BLOCK, "resume", SILENT, "stop")
    assert [message["dbfs"] > SILENCE for message in said if message["event"] == "level"] == [False, True, False]
    assert said[-1] == {"event": "recorded", "seconds": 0.1, "loudest": SILENCE}
    assert seconds(tmp_path / "a.wav") == 0.1


def test_a_recording_of_silence_is_complained_about() -> None:
    assert "is the microphone muted" in (Recorded(Path("a.wav"), 1.0, SILENCE).complaint or "")
    assert Recorded(Path("a.wav"), 1.0, -20.0).complaint is None


def test_a_microphone_that_is_pulled_out_leaves_what_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "GONE", 0.01)
    with pytest.raises(SpeechError, match=f"the microphone is gone; what was said before is kept in {tmp_path}"):
        taken(tmp_path / "a.wav", BLOCK, BLOCK)
    assert seconds(tmp_path / "a.wav") == 0.1


def test_a_microphone_that_never_gives_a_sound_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "GONE", 0.01)
    with pytest.raises(SpeechError, match="the microphone gives no sound"):
        taken(tmp_path / "a.wav")
    assert not list(tmp_path.iterdir())


def test_a_recording_ends_by_itself_when_it_is_as_long_as_can_be_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "LONGEST", 0.1)
    assert taken(tmp_path / "a.wav", BLOCK, BLOCK, BLOCK)[-1]["seconds"] == 0.1


def test_the_file_can_be_read_while_it_grows_and_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with recording.new_wav(path) as file:
        for n in (1, 2):
            file.write(BLOCK)
            assert seconds(path) == n * 0.05
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_earlier_recording_is_never_written_over(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav")
    with pytest.raises(SpeechError, match="cannot be written: File exists"):
        taken(path, BLOCK, "stop")
    assert seconds(path) == 1


def test_a_full_disk_keeps_what_was_said(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with pytest.raises(SpeechError, match="No space left on device; what was said before is kept there"):  # noqa: SIM117
        with recording.new_wav(path) as file:
            file.write(BLOCK)
            raise OSError(28, "No space left on device")
    assert seconds(path) == 0.05


class Microphone:
    """A microphone that gives one block."""

    backend = "PulseAudio"

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> "Microphone":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def start(self, blocks: Generator[None, bytes, None]) -> None:
        blocks.send(BLOCK)


def test_what_the_microphone_gives_is_recorded_until_the_person_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(miniaudio, "CaptureDevice", Microphone)
    said: SimpleQueue[str] = SimpleQueue()

    def wishes() -> Iterator[dict[str, str]]:
        assert [said.get(), said.get()] == ["speak", "level"]
        yield {"want": "stop"}

    recording.record(tmp_path / "a.wav", wishes(), lambda message: said.put(message["event"]))
    assert (said.get(), seconds(tmp_path / "a.wav")) == ("recorded", 0.05)


def test_a_parent_that_is_gone_ends_the_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(miniaudio, "CaptureDevice", Microphone)
    said: list[str] = []
    recording.record(tmp_path / "a.wav", iter(()), lambda message: said.append(message["event"]))
    assert said[-1] == "recorded"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (miniaudio.lib.MA_ACCESS_DENIED, "coach may not use the microphone; allow it in the system's privacy settings"),
        (miniaudio.lib.MA_BUSY, "another program uses the microphone; close it"),
        (miniaudio.lib.MA_NO_DEVICE, "there is no microphone; plug one in"),
        (miniaudio.lib.MA_FAILED_TO_OPEN_BACKEND_DEVICE, "there is no microphone; plug one in"),
    ],
)
def test_a_microphone_that_cannot_be_opened_says_what_to_do(
    code: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise miniaudio.MiniaudioError("failed to init device", code)

    monkeypatch.setattr(miniaudio, "CaptureDevice", refuse)
    with pytest.raises(SpeechError, match=said), microphone():
        pass
    assert refusal("loudspeaker", code).startswith(said.split(";")[0].replace("microphone", "loudspeaker"))


def test_a_machine_without_sound_has_no_microphone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Microphone, "backend", "Null")
    monkeypatch.setattr(miniaudio, "CaptureDevice", Microphone)
    with pytest.raises(SpeechError, match="there is no microphone"), microphone():
        pass
