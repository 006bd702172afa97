"""Trigram language models: trained, asked, and mixed.

An n-gram is kept as one integer, the ids of its words read backwards as digits in base `BASE`: `w * BASE + h` is the
word w after the word h. So `key // BASE` is the n-gram without its first word, what a model backs off to, and
`key % BASE ** (n - 1)` is what stands before its last word. `trie.py` stores them in this order.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.int64]
Floats = NDArray[np.float64]

BASE = 1 << 20
"""More than any vocabulary has; three words fit 64 bits."""
ORDER = 3
START, END = "<s>", "</s>"

NEVER = 1e-30
"""The least probability that is told from zero."""
_NOTHING = 1e-9
"""The probability below which rounding is all there is of it."""


class NGrams(NamedTuple):
    """The n-grams of one length: sorted keys, probabilities and back-off weights, one each."""

    keys: Keys
    prob: Floats
    backoff: Floats


class Trigrams(NamedTuple):
    """A back-off model: its words, and its n-grams of one, two and three words; unigrams are in the order of ids."""

    words: tuple[str, ...]
    grams: tuple[NGrams, ...]

    def prob(self, keys: Keys, n: int) -> Floats:
        """How likely the last word of each n-gram is after those before it; 0 for a word the model lacks."""
        grams = self.grams[n - 1]
        shorter = self._backed_off(keys, n) if n > 1 else np.zeros(len(keys))
        return _look_up(grams.keys, grams.prob, keys, shorter)

    def _backed_off(self, keys: Keys, n: int) -> Floats:
        contexts = self.grams[n - 2]
        weights = _look_up(contexts.keys, contexts.backoff, keys % BASE ** (n - 1), np.ones(len(keys)))
        return weights * self.prob(keys // BASE, n - 1)


def train(sentences: Iterable[Sequence[str]], words: Sequence[str]) -> Trigrams:
    """The model of some sentences with Witten-Bell smoothing; all their words are among `words`."""
    ids = {word: i for i, word in enumerate(words)}
    counts: tuple[Counter[int], ...] = (Counter(), Counter(), Counter())
    for sentence in sentences:
        line = [ids[word] for word in (START, *sentence, END)]
        for n, counter in enumerate(counts, 1):
            counter.update(_key(line[i : i + n]) for i in range(len(line) - n + 1))
    del counts[0][ids[START]]  # it is never said
    model = Trigrams(tuple(words), (_unigrams(counts[0], len(words)),))
    for n in range(2, ORDER + 1):
        model = _lengthened(model, _smoothed(model, n, counts[n - 1]))
    return model


def _key(ids: Sequence[int]) -> int:
    return sum(each * BASE**place for place, each in enumerate(ids))


def _unigrams(counts: Mapping[int, int], size: int) -> NGrams:
    prob = np.zeros(size)
    prob[list(counts)] = np.array(list(counts.values())) / sum(counts.values())
    return _grams(np.arange(size, dtype=np.int64), prob)


def _smoothed(model: Trigrams, n: int, counter: Mapping[int, int]) -> NGrams:
    """N-grams one longer than a model has: the more kinds of words follow a context, the more it leaves to others."""
    keys = np.array(sorted(counter), np.int64)
    counts = np.array([counter[key] for key in keys.tolist()], np.float64)
    contexts = model.grams[n - 2].keys
    at, _ = _find(contexts, keys % BASE ** (n - 1))
    total = np.bincount(at, counts, len(contexts))[at]
    kinds = np.bincount(at, minlength=len(contexts))[at]
    return _grams(keys, (counts + kinds * model.prob(keys // BASE, n - 1)) / (total + kinds))


def mix(one: Trigrams, other: Trigrams, share: float) -> Trigrams:
    """Both models as one, `other` with this share of the probability.

    The words of `one` are the first of `other`'s, in the same order.
    """
    mixed = Trigrams(other.words, ())
    for n in range(1, ORDER + 1):
        keys = np.union1d(one.grams[n - 1].keys, other.grams[n - 1].keys)
        prob = (1 - share) * one.prob(keys, n) + share * other.prob(keys, n)
        mixed = _lengthened(mixed, _grams(keys, prob))
    return mixed


def _lengthened(model: Trigrams, longest: NGrams) -> Trigrams:
    """The model with longer n-grams; those that it had back off so that what may follow them adds up to 1."""
    if not model.grams:
        return Trigrams(model.words, (longest,))
    *shorter, last = model.grams
    n = len(model.grams)
    at, known = _find(last.keys, longest.keys % BASE**n)
    said = np.bincount(at, longest.prob * known, len(last.keys))
    instead = np.bincount(at, model.prob(longest.keys // BASE, n) * known, len(last.keys))
    left = np.maximum(1 - said, NEVER) / np.maximum(1 - instead, NEVER)
    return Trigrams(model.words, (*shorter, last._replace(backoff=np.where(1 - instead > _NOTHING, left, 1)), longest))


def _grams(keys: Keys, prob: Floats) -> NGrams:
    return NGrams(keys, prob, np.ones(len(keys)))


def _look_up(keys: Keys, values: Floats, wanted: Keys, otherwise: Floats) -> Floats:
    """The value of each wanted key, where there is one."""
    at, known = _find(keys, wanted)
    return np.where(known, values[at], otherwise) if len(keys) else otherwise


def _find(keys: Keys, wanted: Keys) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each wanted key stands among sorted ones, and whether it does."""
    if not len(keys):
        return np.zeros(len(wanted), np.intp), np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return at, keys[at] == wanted
