"""The nouns of speech: what was heard, how sure the hearer is, and how it was said. Times are in seconds."""

from collections.abc import Mapping
from typing import Annotated, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from coach.terms.model import Noun

Pcm = NDArray[np.float32]
"""Samples between -1 and 1, one channel, `RATE` a second."""
RATE = 16_000

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Word(Noun):
    """A word that was heard, and how probable it is that it was said."""

    text: str
    start: Seconds
    end: Seconds
    prob: Annotated[float, Field(ge=0, le=1)]


class Transcript(Noun):
    """What was heard in a recording; `draft` where it is to be read and corrected before anything rests on it."""

    text: str
    words: tuple[Word, ...]
    duration: Seconds
    engine: str
    draft: bool


class Pause(Noun):
    """A silence between two words."""

    start: Seconds
    end: Seconds


class Delivery(Noun):
    """How an answer was said; shown beside its grade and never counted in it.

    `words_per_minute` and `start_delay` are None where no word was heard.
    """

    words_per_minute: float | None
    pauses: tuple[Pause, ...]
    fillers: Mapping[str, int]
    start_delay: Seconds | None


class Transcriber(Protocol):
    """Anything that hears; it is used in a child process and may be slow to start."""

    @property
    def name(self) -> str:
        """What the person calls it."""
        ...

    def available(self) -> str | None:
        """None where it can be used here; else why not, and what to do. Imports nothing heavy."""
        ...

    def transcribe(self, pcm: Pcm, hints: tuple[str, ...] = ()) -> Transcript:
        """What was said; `hints` are phrases that may have been, the likeliest first. SpeechError where it fails."""
        ...
