"""Sounds for the tests of speech: noise that is the same each time."""

import wave
from pathlib import Path

import numpy as np

from coach.speech.terms import RATE, Transcript, Word


def noise(seconds: float, rate: int = RATE) -> np.ndarray:
    """Soft noise, 16 bits."""
    return np.random.default_rng(0).integers(-8000, 8000, int(seconds * rate)).astype("<i2")


def write_wav(path: Path, seconds: float = 1.0, rate: int = RATE, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(np.repeat(noise(seconds, rate), channels).tobytes())
    return path


def heard(*words: tuple[str, float, float, float]) -> Transcript:
    """The transcript of words with their beginning, end and probability."""
    found = tuple(Word(text=text, start=start, end=end, prob=prob) for text, start, end, prob in words)
    text = " ".join(word.text for word in found)
    return Transcript(text=text, words=found, duration=max((w.end for w in found), default=0), engine="x", draft=True)
