"""Recording, in the child: samples go into the file as they come, so that whatever happens keeps what was said."""

import os
import queue
import threading
import wave
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from coach.errors import SpeechError
from coach.speech.audio import LONGEST, SILENCE, loudness
from coach.speech.child import Say, Told
from coach.speech.devices import microphone
from coach.speech.terms import RATE

GONE = 3.0
"""Seconds without a block of samples after which the microphone is taken to be unplugged."""

Heard = queue.SimpleQueue[bytes | str]
"""Blocks of 16-bit samples, and between them what the person wants: pause, resume or stop."""


def record(path: Path, told: Told, say: Say, opened: Callable[[], Any] = microphone) -> None:
    """Record from a microphone until told to stop; SpeechError where that goes wrong."""
    heard: Heard = queue.SimpleQueue()
    threading.Thread(target=_forward, args=(told, heard), daemon=True).start()
    with opened() as device, new_wav(path) as file:
        device.start(_into(heard))
        take(path, file, heard, say)


def take(path: Path, file: "Wav", heard: Heard, say: Say) -> None:
    """Write blocks into a file and tell of each how loud it is, the first time that it is time to speak."""
    speaking, paused, loudest = False, False, SILENCE
    while (item := _next(path, file, heard)) != "stop":
        if isinstance(item, str):
            paused = item == "pause"
            continue
        if not speaking:
            say({"event": "speak"})
            speaking = True
        level = loudness(np.frombuffer(item, "<i2").astype(np.float32) / np.float32(32768))
        if not paused:
            file.write(item)
            loudest = max(loudest, level)
        say({"event": "level", "seconds": file.seconds, "dbfs": level})
        if file.seconds >= LONGEST:
            break
    say({"event": "recorded", "seconds": file.seconds, "loudest": loudest})


class Wav(NamedTuple):
    """A WAV file that can be read at any moment, also after a crash."""

    file: IO[bytes]
    wav: wave.Wave_write

    def write(self, samples: bytes) -> None:
        """Append 16-bit samples and put right what the file says of its length."""
        self.wav.writeframes(samples)
        self.file.flush()

    @property
    def seconds(self) -> float:
        """How long it is."""
        return round(self.wav.tell() / RATE, 3)


@contextmanager
def new_wav(path: Path) -> Iterator[Wav]:
    """A new file that only its owner can read; one without a sample in it does not stay."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        raise SpeechError(f"{path}: cannot be written: {error.strerror}") from None
    wav = None
    try:
        with os.fdopen(descriptor, "wb") as file, wave.open(file, "wb") as out:
            out.setparams((1, 2, RATE, 0, "NONE", ""))
            wav = Wav(file, out)
            yield wav
    except OSError as error:
        raise SpeechError(f"{path}: {error.strerror}; what was said before is kept there") from None
    finally:
        if wav is None or not wav.seconds:
            path.unlink()


def _next(path: Path, file: Wav, heard: Heard) -> bytes | str:
    try:
        return heard.get(timeout=GONE)
    except queue.Empty:
        if file.seconds:
            raise SpeechError(f"the microphone is gone; what was said before is kept in {path}") from None
        raise SpeechError("the microphone gives no sound; unplug it and plug it in again, or choose another") from None


def _forward(told: Told, heard: Heard) -> None:
    """Pass on what the person wants; a parent that is gone wants an end."""
    for message in told:
        heard.put(message["want"])
    heard.put("stop")


def _into(heard: Heard) -> Generator[None, bytes, None]:
    """What miniaudio calls with each block, from a thread of its own."""

    def blocks() -> Generator[None, bytes, None]:
        while True:
            heard.put(bytes((yield)))

    generator = blocks()
    next(generator)
    return generator
