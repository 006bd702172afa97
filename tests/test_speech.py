"""Speech: how an answer was said, how sure it was heard, and which engines hear it."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Coach, make_question
from hypothesis import given
from hypothesis import strategies as st
from sounds import heard, noise, write_wav

from coach.errors import SpeechError
from coach.grading import grade
from coach.judges import ScriptedJudge
from coach.judges.scripted import always
from coach.speech import (
    DoubtingJudge,
    Recordings,
    Transcript,
    best_engine,
    delivery,
    doubtful_share,
    open_transcriber,
    why_not,
)
from coach.speech.audio import LONGEST, SILENCE, loudness, read_audio
from coach.speech.delivery import LONG_PAUSE
from coach.speech.doubt import MOST
from coach.speech.models import model_folder
from coach.speech.parakeet import Token, joined, pieces
from coach.speech.terms import RATE
from coach.terms import Verdict

SAID = heard(("it", 1.5, 2.0, 0.9), ("keeps", 2.0, 3.0, 0.2), ("kees", 5.5, 6.0, 0.1), ("values", 6.0, 7.5, 1.0))
TIMES = st.lists(st.floats(0, 60), min_size=2, max_size=20).map(sorted)


def test_delivery_is_read_from_the_times_and_the_corrected_text() -> None:
    found = delivery(SAID, "It basically keeps keys and, you know, values. You know.")
    assert (found.words_per_minute, found.start_delay) == (100.0, 1.5)
    assert [(pause.start, pause.end) for pause in found.pauses] == [(3.0, 5.5)]
    assert found.fillers == {"basically": 1, "you know": 2}


def test_a_filler_inside_another_word_is_none() -> None:
    assert not delivery(SAID, "You knowingly sorted of factually").fillers


def test_nothing_heard_has_no_pace() -> None:
    found = delivery(heard(), "")
    assert (found.words_per_minute, found.start_delay, found.pauses) == (None, None, ())


@given(TIMES)
def test_every_pause_is_long_and_between_words(times: list[float]) -> None:
    words = [(f"w{i}", start, start, 1.0) for i, start in enumerate(times)]
    for pause in delivery(heard(*words), "w").pauses:
        assert pause.end - pause.start > LONG_PAUSE and {pause.start, pause.end} <= set(times)


def test_a_word_that_was_corrected_is_no_longer_doubtful() -> None:
    assert doubtful_share(SAID, SAID.text) == 0.5
    assert doubtful_share(SAID, "it keeps keys and values") == 0.2


def test_no_word_is_too_frequent_to_be_doubtful() -> None:
    said = heard(*((word, 0.0, 0.0, 0.1) for word in ["key", "value"] * 150))
    assert doubtful_share(said, said.text) == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1)), max_size=12), st.text("abc ", max_size=20))
def test_the_doubtful_share_is_a_share(words: list[tuple[str, float]], text: str) -> None:
    assert 0 <= doubtful_share(heard(*((word, 0.0, 0.0, prob) for word, prob in words)), text) <= 1


@pytest.mark.parametrize(
    ("verdict", "share", "kept"),
    [
        (Verdict.MISSED, MOST, True),
        (Verdict.MISSED, 0.4, False),
        (Verdict.PARTIAL, 0.4, False),
        (Verdict.COVERED, 0.4, True),
        (Verdict.CONTRADICTED, 0.4, True),
    ],
)
def test_only_what_may_not_have_been_heard_is_left_to_check(verdict: Verdict, share: float, kept: bool) -> None:
    judge = DoubtingJudge(ScriptedJudge(always(verdict)), {"mumble": share})
    (found,) = grade(make_question(1), "mumble", judge).criteria
    assert found.verdict is (verdict if kept else Verdict.UNJUDGED)
    assert kept or found.reason == "check the transcript: 40% of the words were heard with doubt"
    assert grade(make_question(1), "typed", judge).criteria[0].verdict is verdict


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 1), (44100, 2), (48000, 2)])
def test_sound_of_any_rate_is_read_as_one_channel_of_16_khz(tmp_path: Path, rate: int, channels: int) -> None:
    pcm = read_audio(write_wav(tmp_path / "a.wav", 0.5, rate, channels))
    assert (pcm.dtype, len(pcm) / RATE) == (np.float32, pytest.approx(0.5, abs=0.01))
    assert -25 < loudness(pcm) < -10


def test_a_cut_off_recording_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", 1.0)
    path.write_bytes(path.read_bytes()[: 44 + RATE])
    assert len(read_audio(path)) == RATE / 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file"),
        (b"", "is empty"),
        (b"hello there", "is not WAV, FLAC, Ogg Vorbis or MP3"),
        (b"\x1aE\xdf\xa3webm", "ffmpeg -i a.wav answer.wav"),
        (b"RIFF" + bytes(200), "is broken"),
        (b"fLaC" + bytes(200), "is broken"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "a.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SpeechError, match=said):
        read_audio(path)


def test_a_recording_without_a_sample_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match="has no sound in it"):
        read_audio(write_wav(tmp_path / "a.wav", 0))


def test_a_talk_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match=f"longer than {LONGEST // 60} minutes"):
        read_audio(write_wav(tmp_path / "a.wav", LONGEST + 2, rate=2000))


def test_silence_and_full_scale_are_the_ends_of_the_level() -> None:
    assert loudness(np.zeros(100, np.float32)) == loudness(np.zeros(0, np.float32)) == SILENCE
    assert loudness(np.ones(100, np.float32)) == 0


def test_an_engine_that_is_not_there_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.speech.models.find_spec", lambda name: None)
    for engine in ("parakeet", "whisper:small.en"):
        assert why_not(engine) == "is not installed: pip install 'coach[speech]'"
    assert best_engine() == "pocketsphinx"
    with pytest.raises(SpeechError, match=r"parakeet is not installed: pip install 'coach\[speech\]'"):
        open_transcriber("parakeet")


def test_without_any_engine_each_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.speech.models.find_spec", lambda name: None)
    monkeypatch.setattr("coach.speech.sphinx.find_spec", lambda name: None)
    with pytest.raises(SpeechError, match="pocketsphinx is not installed: pip install pocketsphinx"):
        best_engine()


def test_an_unknown_engine_is_told_with_those_there_are() -> None:
    with pytest.raises(SpeechError, match="'ears'; there are parakeet, "):
        open_transcriber("ears")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages that stand in for those that are not installed."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    for name in ("onnx_asr", "faster_whisper"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return folder


def put_model(repository: str, *files: str) -> None:
    folder = model_folder(repository)
    folder.mkdir(parents=True)
    for file in files:
        (folder / file).touch()


ONNX_ASR = """
class Found:
    text, tokens = "The cache.", [" The", " ca", "che", "."]
    timestamps, logprobs = [0.1, 0.5, 0.6, 0.8], [0.0, -0.1, -0.3, -0.2]
class Model:
    def with_timestamps(self): return self
    def recognize(self, waveform, *, sample_rate): assert sample_rate == 16000; return Found()
def load_model(name, path, *, quantization):
    assert (name, quantization, (path / "vocab.txt").is_file()) == ("nemo-parakeet-tdt-0.6b-v2", "int8", True)
    return Model()
"""


def test_parakeet_hears_once_its_model_is_there(packages: Path) -> None:
    (packages / "onnx_asr.py").write_text(ONNX_ASR)
    hub = "istupakov/parakeet-tdt-0.6b-v2-onnx"
    assert (why_not("parakeet") or "").startswith(f"has no model yet: hf download {hub} config.json")
    put_model(hub, "config.json", "vocab.txt", "encoder-model.int8.onnx", "decoder_joint-model.int8.onnx")
    found = open_transcriber("parakeet").transcribe(np.zeros(RATE, np.float32))
    assert (found.text, found.draft) == ("The cache.", False)
    assert [(word.start, word.end) for word in found.words] == [(0.1, 0.4), (0.5, 1.1)]
    assert found.words[1].prob == pytest.approx(math.exp(-0.2))


FASTER_WHISPER = """
from types import SimpleNamespace as Named
class WhisperModel:
    def __init__(self, path, *, device, compute_type): assert path.endswith("faster-whisper-base.en")
    def transcribe(self, pcm, *, language, word_timestamps, vad_filter, hotwords):
        words = [Named(word=" " + word, start=0.0, end=0.5, probability=0.5) for word in hotwords.split()]
        return iter([Named(words=words)]), None
"""


def test_whisper_hears_with_hints_as_hotwords(packages: Path) -> None:
    (packages / "faster_whisper.py").write_text(FASTER_WHISPER)
    put_model("Systran/faster-whisper-base.en", "config.json", "model.bin", "tokenizer.json", "vocabulary.txt")
    assert best_engine() == "whisper:base.en"
    found = open_transcriber("whisper").transcribe(np.zeros(RATE, np.float32), ("KV cache", "tensor"))
    assert (found.text, found.engine) == ("KV cache tensor", "whisper:base.en")


@given(st.lists(st.tuples(st.sampled_from([" a", "b", ".", " c"]), st.floats(0, 5)), max_size=10))
def test_joined_tokens_lose_nothing_but_spaces(drawn: list[tuple[str, float]]) -> None:
    tokens = [Token(text, at, -1.0) for (text, _), at in zip(drawn, sorted(at for _, at in drawn), strict=True)]
    words = joined(tokens, 0.0)
    assert "".join(word.text for word in words) == "".join(token.text for token in tokens).replace(" ", "")
    assert all(word.start <= word.end + 0.01 for word in words)


def test_a_long_recording_is_heard_in_pieces_that_are_cut_where_it_is_silent() -> None:
    pcm = noise(70).astype(np.float32) / 32768
    pcm[27 * RATE : 28 * RATE] = 0
    found = list(pieces(pcm))
    assert np.array_equal(np.concatenate([piece for _, piece in found]), pcm)
    assert 27 <= found[1][0] <= 28
    assert [start for start, _ in found] == pytest.approx(
        np.cumsum([0, *(len(piece) / RATE for _, piece in found[:-1])]).tolist()
    )


def test_a_transcript_survives_its_way_between_processes() -> None:
    assert Transcript.model_validate_json(SAID.model_dump_json()) == SAID


def test_recordings_are_graded_like_text_and_doubt_leaves_criteria_to_check(
    tmp_path: Path, run: Coach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coach.speech.recordings.best_engine", lambda: "scripted:mumble? mumble? things")
    write_wav(tmp_path / "one.wav")
    (tmp_path / "two.flac").write_bytes(b"fLaC" + bytes(99))
    result = run("grade", tmp_path, "--judge", "scripted", "--quiet")
    good, bad = result.stdout.splitlines()
    assert '"answer":"mumble mumble things"' in good and "check the transcript: 67% of the words" in good
    assert '"code":"audio_failed"' in bad and "is broken" in bad
    assert result.exit_code == 1 and "is a draft" in result.stderr


def test_a_recording_is_heard_once(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav")
    with Recordings((), "scripted:so it is") as recordings:
        assert recordings.transcribe(path) == "so it is"
        path.unlink()
        assert recordings.transcribe(path) == "so it is"
