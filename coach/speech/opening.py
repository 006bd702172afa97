"""From an engine's name to a transcriber; what an engine needs is imported only when it hears."""

from collections.abc import Callable

from coach.errors import SpeechError
from coach.speech.parakeet import ParakeetTranscriber
from coach.speech.scripted import ScriptedTranscriber
from coach.speech.sphinx import SphinxTranscriber
from coach.speech.terms import Transcriber
from coach.speech.whisper import WhisperTranscriber

ENGINES = {
    "parakeet": "the most accurate on a CPU, with punctuation; a download of 650 MB",
    "whisper:small.en": "accurate, about as slow as speech on two cores; a download of 480 MB",
    "whisper:base.en": "five times as fast as speech; a download of 150 MB",
    "pocketsphinx": "comes with coach; its transcripts are drafts to correct",
}
"""The engines to choose from, the most accurate first, with a line about each."""

_KINDS: dict[str, Callable[..., Transcriber]] = {
    "parakeet": ParakeetTranscriber,
    "whisper": WhisperTranscriber,
    "pocketsphinx": SphinxTranscriber,
    "scripted": ScriptedTranscriber,
}


def open_transcriber(name: str) -> Transcriber:
    """The transcriber called `name`; SpeechError says what is missing and how to get it.

    `whisper:<size>` takes any size of faster-whisper; `scripted:<words>` hears these words in every recording.
    """
    transcriber = _named(name)
    if reason := transcriber.available():
        raise SpeechError(f"{name} {reason}")
    return transcriber


def why_not(name: str) -> str | None:
    """Why an engine cannot be used here and what to do; None where it can."""
    return _named(name).available()


def best_engine() -> str:
    """The most accurate engine that can be used here; SpeechError says how to get one where there is none."""
    reasons = {name: why_not(name) for name in ENGINES}
    for name, reason in reasons.items():
        if reason is None:
            return name
    raise SpeechError("no speech engine can be used: " + "; ".join(f"{name} {why}" for name, why in reasons.items()))


def _named(name: str) -> Transcriber:
    kind, _, setting = name.partition(":")
    if kind not in _KINDS:
        raise SpeechError(f"no speech engine is called {name!r}; there are {', '.join(ENGINES)}")
    return _KINDS[kind](*filter(None, [setting]))
