"""pocketsphinx: comes with its English model, so that it hears with nothing downloaded; its transcripts are drafts.

What the model lacks of a field it learns from hints: a trigram model of them is mixed into its own. More than a fifth
of it, and it hears jargon that nobody said, which would be credit that nobody earned.
"""

import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from platformdirs import user_cache_path

from coach.speech.ngrams import mix, train
from coach.speech.terms import RATE, Pcm, Transcript, Word
from coach.speech.trie import read_trie, write_trie
from coach.speech.vocabulary import Vocabulary, read_dictionary, vocabulary

SHARE = 0.2
"""The hints' share of the language model."""
KEPT = 4
"""Mixed models that stay in the cache, 30 MB each."""
PAUSE = 1.0
"""Seconds of silence that end an utterance; it is heard as a whole."""
_FRAMES = 100
"""Frames a second."""
_STRICT = 2
"""How sure voice activity has to be, 0 to 3: it misses none at 40 dB over the noise, 6 % at 10 dB."""


class SphinxTranscriber:
    """Hears English with pocketsphinx; the mixed model is built when hints are first heard with (20 s) and kept."""

    name = "pocketsphinx"

    def __init__(self) -> None:
        self._opened: tuple[tuple[str, ...], Decoder] | None = None

    def available(self) -> str | None:
        """None where the package is installed."""
        return None if find_spec("pocketsphinx") else "is not installed: pip install pocketsphinx"

    def transcribe(self, pcm: Pcm, hints: tuple[str, ...] = ()) -> Transcript:
        """Hear each utterance between pauses."""
        if self._opened is None or self._opened[0] != hints:
            self._opened = hints, Decoder.open(hints)
        words = tuple(self._opened[1].words(pcm))
        text = " ".join(word.text for word in words)
        return Transcript(text=text, words=words, duration=len(pcm) / RATE, engine=self.name, draft=True)


class Decoder(NamedTuple):
    """pocketsphinx with its models loaded, and how words are written that it knows in lower case only."""

    sphinx: Any
    vocabulary: Vocabulary

    @classmethod
    def open(cls, hints: tuple[str, ...]) -> "Decoder":
        """With the model that these hints are mixed into."""
        import pocketsphinx  # 0.1 s

        stock = Path(pocketsphinx.get_model_path()) / "en-us"
        words = vocabulary(hints, read_dictionary(stock / "cmudict-en-us.dict"))
        mixed = _mixed(stock, words) if words.phrases else Mixed(stock / "en-us.lm.bin", stock / "cmudict-en-us.dict")
        config = pocketsphinx.Config(
            hmm=str(stock / "en-us"), lm=str(mixed.model), dict=str(mixed.dictionary), loglevel="FATAL"
        )
        return cls(pocketsphinx.Decoder(config), words)

    def words(self, pcm: Pcm) -> Iterator[Word]:
        """The words of each utterance."""
        import pocketsphinx

        segmenter = pocketsphinx.Segmenter(window=PAUSE, vad_mode=_STRICT)
        raw = (np.clip(pcm, -1, 1) * 32767).astype("<i2").tobytes()
        if len(raw) % segmenter.frame_bytes == 0:
            raw += bytes(2)  # only a frame that is not whole tells it of the end
        for utterance in segmenter.segment(io.BytesIO(raw)):
            self.sphinx.start_utt()
            self.sphinx.process_raw(utterance.pcm, full_utt=True)
            self.sphinx.end_utt()
            for heard in self.sphinx.seg() or ():
                if not heard.word.startswith(("<", "[")):
                    yield self._word(heard, utterance.start_time)

    def _word(self, heard: Any, begin: float) -> Word:
        text = heard.word.partition("(")[0]
        return Word(
            text=self.vocabulary.written.get(text, text),
            start=round(begin + heard.start_frame / _FRAMES, 2),
            end=round(begin + (heard.end_frame + 1) / _FRAMES, 2),
            prob=min(1.0, max(0.0, heard.prob)),
        )


class Mixed(NamedTuple):
    """The files of a model: what is likely to follow what, and how words sound."""

    model: Path
    dictionary: Path


def _mixed(stock: Path, words: Vocabulary) -> Mixed:
    """The stock model with a vocabulary mixed in, from the cache where it is there."""
    about = json.dumps([SHARE, words.phrases, sorted(words.sounds.items()), (stock / "en-us.lm.bin").stat().st_size])
    cache = user_cache_path("coach") / "speech"
    folder = cache / hashlib.sha256(about.encode()).hexdigest()[:16]
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".building-") as building:
            _build(stock, words, _files(Path(building) / folder.name))
            _put_in_place(Path(building) / folder.name, folder)
        _drop_oldest(cache)
    return _files(folder)


def _files(folder: Path) -> Mixed:
    return Mixed(folder / "trigrams.bin", folder / "words.dict")


def _build(stock: Path, words: Vocabulary, into: Mixed) -> None:
    into.model.parent.mkdir()
    general = read_trie(stock / "en-us.lm.bin")
    said = {word for phrase in words.phrases for word in phrase}
    every = (*general.words, *sorted(said - set(general.words)))
    write_trie(mix(general, train(words.phrases, every), SHARE), into.model)
    shutil.copyfile(stock / "cmudict-en-us.dict", into.dictionary)
    with into.dictionary.open("a", encoding="utf-8") as file:
        file.writelines(f"{word} {' '.join(sounds)}\n" for word, sounds in sorted(words.sounds.items()))


def _put_in_place(built: Path, folder: Path) -> None:
    try:
        built.rename(folder)
    except OSError:  # another coach was quicker
        if not folder.is_dir():
            raise


def _drop_oldest(cache: Path) -> None:
    models = sorted((each for each in cache.iterdir() if each.name[0] != "."), key=lambda each: each.stat().st_mtime)
    for model in models[:-KEPT]:
        shutil.rmtree(model, ignore_errors=True)
