"""Playing a recording, in the child."""

import threading
from collections.abc import Generator
from pathlib import Path

import numpy as np

from coach.errors import SpeechError
from coach.speech.audio import read_audio
from coach.speech.devices import loudspeaker
from coach.speech.terms import RATE

TAIL = 1
"""Seconds of silence after a recording, so that its end has left the device's buffers when it is closed."""
_LATE = 30
"""Seconds by which playing may fall behind."""


def play(path: Path) -> None:
    """Play a file to its end; SpeechError where it cannot be read, or the loudspeaker does not take it."""
    samples = (np.clip(read_audio(path), -1, 1) * 32767).astype("<i2").tobytes() + bytes(2 * RATE * TAIL)
    done = threading.Event()
    with loudspeaker() as device:
        device.start(_blocks(samples, done))
        if not done.wait(len(samples) / 2 / RATE + _LATE):
            raise SpeechError("the loudspeaker has stopped; choose another in the system's sound settings")


def _blocks(samples: bytes, done: threading.Event) -> Generator[bytes, int, None]:
    """The samples in blocks of as many frames as are asked for."""

    def blocks() -> Generator[bytes, int, None]:
        at = 0
        wanted = yield b""
        while at < len(samples):
            block = samples[at : at + 2 * wanted]
            at += len(block)
            wanted = yield block
        done.set()

    generator = blocks()
    next(generator)
    return generator
