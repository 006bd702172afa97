"""Parakeet TDT 0.6B v2 by onnx-asr: the best accuracy to be had on a CPU (CC-BY-4.0, 650 MB)."""

import math
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np

from coach.speech.models import missing, model_folder
from coach.speech.terms import RATE, Pcm, Transcript, Word

_MODEL = "nemo-parakeet-tdt-0.6b-v2"
_HUB = "istupakov/parakeet-tdt-0.6b-v2-onnx"
_FILES = ("config.json", "vocab.txt", "encoder-model.int8.onnx", "decoder_joint-model.int8.onnx")
_PIECE = 30
"""Seconds heard at once; memory grows with their square."""
_SEARCHED = 5
"""Seconds before its end in which a piece is cut, where it is softest."""
_FRAME = RATE // 50
_LAST = 0.3
"""Seconds that the last word is taken to last: tokens have no end."""


class ParakeetTranscriber:
    """Hears English, with punctuation; hints are of no use to it."""

    name = "parakeet"

    def __init__(self) -> None:
        self._folder = model_folder(_HUB)
        self._model: Any = None

    def available(self) -> str | None:
        """None where the package and the model are here."""
        return missing("onnx_asr", _HUB, _FILES)

    def transcribe(self, pcm: Pcm, hints: tuple[str, ...] = ()) -> Transcript:
        """Hear pieces that are cut at pauses."""
        if self._model is None:
            import onnx_asr  # onnxruntime: 0.3 s

            self._model = onnx_asr.load_model(_MODEL, self._folder, quantization="int8").with_timestamps()
        words = tuple(word for start, piece in pieces(pcm) for word in self._words(start, piece))
        text = " ".join(word.text for word in words)
        return Transcript(text=text, words=words, duration=len(pcm) / RATE, engine=self.name, draft=False)

    def _words(self, start: float, piece: Pcm) -> list[Word]:
        found = self._model.recognize(piece, sample_rate=RATE)
        tokens = found.tokens or []
        logs = found.logprobs or [0.0] * len(tokens)
        return joined(list(map(Token, tokens, found.timestamps or [], logs)), start)


class Token(NamedTuple):
    """A part of a word: the seconds when it begins, and the logarithm of its probability."""

    text: str
    at: float
    log: float


def joined(tokens: Sequence[Token], start: float) -> list[Word]:
    """The words that tokens are parts of, a word's first one beginning with a space; `start` is added to the times."""
    words: list[list[Token]] = []
    for token in tokens:
        if not words or token.text.startswith(" "):
            words.append([])
        words[-1].append(token)
    nexts = [*(word[0].at for word in words), math.inf][1:]
    return [_word(word, start, next_) for word, next_ in zip(words, nexts, strict=True)]


def _word(tokens: Sequence[Token], start: float, next_: float) -> Word:
    return Word(
        text="".join(token.text for token in tokens).strip(),
        start=round(start + tokens[0].at, 2),
        end=round(start + min(tokens[-1].at + _LAST, next_), 2),
        prob=min(1.0, math.exp(fmean(token.log for token in tokens))),
    )


def pieces(pcm: Pcm) -> Iterator[tuple[float, Pcm]]:
    """Parts of a recording, each with the seconds when it begins; joined they give it back."""
    start = 0
    while len(pcm) - start > _PIECE * RATE:
        searched = start + (_PIECE - _SEARCHED) * RATE
        frames = pcm[searched : start + _PIECE * RATE].reshape(-1, _FRAME)
        cut = searched + int(np.square(frames).sum(axis=1).argmin()) * _FRAME
        yield start / RATE, pcm[start:cut]
        start = cut
    yield start / RATE, pcm[start:]
