"""A microphone and a transcriber that hear what they are told to: for tests, demonstrations and measuring the rest."""

import threading
from collections.abc import Generator
from typing import Self

import numpy as np

from coach.speech.terms import RATE, Pcm, Transcript, Word

_BLOCK = 0.05
"""Seconds of sound that come at once."""


class ScriptedMicrophone:
    """Hears a hum that swells twice a second, as fast as time passes; the form is that of miniaudio's devices."""

    def __init__(self) -> None:
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._hum, daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()

    def start(self, blocks: Generator[None, bytes, None]) -> None:
        """Send blocks of 16-bit samples from a thread of its own until closed."""
        self._blocks = blocks
        self._thread.start()

    def _hum(self) -> None:
        at = 0.0
        while not self._closed.wait(_BLOCK):
            times = at + np.arange(int(RATE * _BLOCK)) / RATE
            wave = 3000 * (1.1 + np.sin(4 * np.pi * times)) * np.sin(240 * np.pi * times)
            self._blocks.send(wave.astype("<i2").tobytes())
            at += _BLOCK


class ScriptedTranscriber:
    """Hears the same words in every recording, evenly spread over it; a word that ends with `?` is heard with doubt."""

    def __init__(self, words: str = "") -> None:
        self._words = words.split()
        self.name = f"scripted:{words}"

    def available(self) -> str | None:
        """None: it always is."""
        return None

    def transcribe(self, pcm: Pcm, hints: tuple[str, ...] = ()) -> Transcript:
        """The words."""
        duration = len(pcm) / RATE
        each = duration / max(1, len(self._words))
        words = tuple(
            Word(text=word.rstrip("?"), start=i * each, end=(i + 1) * each, prob=0.1 if word.endswith("?") else 1.0)
            for i, word in enumerate(self._words)
        )
        text = " ".join(word.text for word in words)
        return Transcript(text=text, words=words, duration=duration, engine=self.name, draft=True)
