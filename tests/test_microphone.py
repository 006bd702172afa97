"""A microphone that hears what is played: the monitor of a null sink of PulseAudio."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from conftest import Coach
from sounds import write_wav
from test_sphinx import HINTS, SAID

from coach.errors import SpeechError
from coach.speech import Level, Listener, Player, Recorded, Recorder, SpeakNow, microphones
from coach.speech.audio import read_audio
from coach.speech.terms import RATE

pytestmark = pytest.mark.skipif(
    not (shutil.which("pulseaudio") and shutil.which("pactl")),
    reason="PulseAudio stands in for a microphone: apt-get install pulseaudio pulseaudio-utils",
)
SINK = "module-null-sink sink_name=coach rate=16000 channels=1 format=s16le"


@pytest.fixture
def sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A sound server of its own, whose only microphone hears its only loudspeaker."""
    (tmp_path / "run").mkdir(mode=0o700)
    for name in ("PULSE_SERVER", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PULSE_SINK", "coach")
    monkeypatch.setenv("PULSE_SOURCE", "coach.monitor")
    modules = ["-L", "module-native-protocol-unix", "-L", SINK]
    subprocess.run(["pulseaudio", "-n", "--daemonize=yes", "--exit-idle-time=-1", *modules], check=True)
    yield
    subprocess.run(["pulseaudio", "--kill"], check=False)


def record(played: Path, path: Path) -> list[Level | Recorded]:
    """Play a file into the microphone and record it; what the recorder told, the recording last."""
    with Recorder(path) as recorder, Player(played) as player:

        def play_and_stop() -> None:
            player.wait()
            recorder.stop()

        events = recorder.events()
        assert next(events) == SpeakNow()
        threading.Thread(target=play_and_stop).start()
        return [each for each in events if not isinstance(each, SpeakNow)]


def test_what_is_played_is_what_is_recorded(tmp_path: Path, sink: None) -> None:
    played, path = write_wav(tmp_path / "played.wav", 1.0), tmp_path / "recorded.wav"
    *levels, last = record(played, path)
    assert isinstance(last, Recorded) and last.complaint is None
    assert max(each.dbfs for each in levels if isinstance(each, Level)) == last.loudest
    parts = np.split(read_audio(played), 10)
    assert median(likeness(read_audio(path), part) for part in parts) > 0.99  # a busy machine may skip in one


@pytest.mark.skipif(not shutil.which("flite"), reason="flite speaks the sample: apt-get install flite")
def test_what_is_said_into_it_is_heard(tmp_path: Path, sink: None) -> None:
    said, path = tmp_path / "said.wav", tmp_path / "recorded.wav"
    subprocess.run(["flite", "-voice", "rms", "-t", SAID, "-o", said], check=True)
    record(said, path)
    with Listener("pocketsphinx", HINTS) as listener:
        words = listener.transcript(path).text.split()
    assert {"key", "value", "cache", "tokens"} <= set(words)


def likeness(whole: np.ndarray, part: np.ndarray) -> float:
    """The correlation of a part with what it is most like in the whole."""
    at = int(np.correlate(whole, part, "valid").argmax())
    return float(np.corrcoef(whole[at : at + len(part)], part)[0, 1])


def test_silence_is_complained_about(tmp_path: Path, sink: None) -> None:
    with Recorder(tmp_path / "a.wav") as recorder:
        recorder.stop()
        *_, last = recorder.events()
    assert isinstance(last, Recorded) and "is the microphone muted" in (last.complaint or "")


def test_a_microphone_that_is_pulled_out_leaves_what_was_said(tmp_path: Path, sink: None) -> None:
    path = tmp_path / "a.wav"
    with Recorder(path) as recorder:
        events = recorder.events()
        seconds = [next(events), next(events), next(events)][-1].seconds  # type: ignore[union-attr]
        subprocess.run(["pulseaudio", "--kill"], check=True)
        with pytest.raises(SpeechError, match=f"the microphone is gone; what was said before is kept in {path}"):
            list(events)
    assert len(read_audio(path)) / RATE >= seconds


def test_a_recorder_that_is_killed_leaves_what_was_said(tmp_path: Path, sink: None) -> None:
    path = tmp_path / "a.wav"
    with Recorder(path) as recorder:
        events = recorder.events()
        assert [next(events), next(events)][0] == SpeakNow()
    assert len(read_audio(path)) > 0


def test_a_discarded_recording_leaves_nothing(tmp_path: Path, sink: None) -> None:
    with Recorder(tmp_path / "a.wav") as recorder:
        assert next(recorder.events()) == SpeakNow()
        recorder.discard()
    assert not (tmp_path / "a.wav").exists()


def test_the_doctor_names_the_microphone(run: Coach, sink: None) -> None:
    (name,) = microphones()
    assert f"microphone: {name}" in run("doctor").output
