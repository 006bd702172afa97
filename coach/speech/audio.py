"""Sound files as samples; for use in a child process, since audio libraries write to the terminal."""

from pathlib import Path

import numpy as np

from coach.errors import SpeechError
from coach.speech.terms import RATE, Pcm

LONGEST = 20 * 60
"""Seconds of talk in one recording."""
SILENCE = -100.0
"""Level of nothing, in dBFS."""
_BEGINNINGS = (b"RIFF", b"fLaC", b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa")
_CONVERT = "convert it: ffmpeg -i {name} answer.wav"


def read_audio(path: Path) -> Pcm:
    """The samples of a WAV, FLAC, Ogg Vorbis or MP3 file of any rate and number of channels.

    Raises SpeechError where there is no such file, it is of another kind, broken, empty or longer than `LONGEST`.
    """
    _check(path)
    import miniaudio  # 0.1 s

    blocks, count = [], 0
    try:
        for block in miniaudio.stream_file(str(path), miniaudio.SampleFormat.FLOAT32, 1, RATE, RATE):
            blocks.append(np.asarray(block, np.float32))
            count += len(block)
            if count > LONGEST * RATE:
                longest = f"{LONGEST // 60} minutes"
                raise SpeechError(f"{path}: is longer than {longest}, the most that coach hears; cut it into answers")
    except miniaudio.MiniaudioError:
        raise SpeechError(
            f"{path}: is broken, or sound of another kind than its name says; record it again, or "
            + _CONVERT.format(name=path.name)
        ) from None
    if not count:
        raise SpeechError(f"{path}: has no sound in it; record it again")
    return np.concatenate(blocks)


def _check(path: Path) -> None:
    try:
        with path.open("rb") as file:
            beginning = file.read(4)
    except FileNotFoundError:
        raise SpeechError(f"{path}: no such file") from None
    except OSError as error:
        raise SpeechError(f"{path}: cannot be read: {error.strerror}") from None
    if not beginning:
        raise SpeechError(f"{path}: is empty; record it again")
    if not beginning.startswith(_BEGINNINGS):
        kinds = "is not WAV, FLAC, Ogg Vorbis or MP3, the kinds that coach hears"
        raise SpeechError(f"{path}: {kinds}; {_CONVERT.format(name=path.name)}")


def loudness(pcm: Pcm) -> float:
    """The level of samples in dBFS: 0 is the loudest there is, `SILENCE` the softest."""
    power = float(np.mean(np.square(pcm, dtype=np.float64))) if len(pcm) else 0.0
    return max(SILENCE, round(10 * float(np.log10(power)), 1)) if power else SILENCE
