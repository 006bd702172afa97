"""Trigram models in the binary form of pocketsphinx.

magic, order, the number of n-grams of each length, the kind of quantization
a table of 2^16 values each: probabilities of bigrams, their back-off weights, probabilities of trigrams
unigrams: probability, back-off weight, index of the first bigram
bigrams, packed bit by bit: the word before, the codes of both values, index of the first trigram
trigrams, likewise: the word before those two, the code of its probability
the words, each ended by a zero

All values are logarithms to the base 1.0001, and each list ends with an entry that says where the next one's ends.
`NGramModel.write` of pocketsphinx 5.1.1 crashes on the model that comes with it, hence this.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from coach.speech.ngrams import BASE, NEVER, ORDER, Floats, Keys, NGrams, Trigrams

_MAGIC = b"Trie Language Model\3"
_LOG = np.log(1.0001)
_BINS = 1 << 16
_PROB, _BOTH = 16, 32
"""Bits of the code of a probability, and of one with that of a back-off weight."""
_UNIGRAM = np.dtype([("prob", "<f4"), ("backoff", "<f4"), ("next", "<u4")])
_SPARE = bytes(8)
"""What follows packed bits, so that a reader may read on."""
_AT_ONCE = 1 << 18
"""Entries packed at once: a multiple of 8, so that they end with a byte."""


def read_trie(path: Path) -> Trigrams:
    """Read a trigram model; ValueError where the file holds none."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ValueError(f"{path}: is no binary trigram model of pocketsphinx")
        counts = np.frombuffer(file.read(4 * ORDER), "<u4").tolist()
        file.seek(4, 1)
        tables = np.exp(_LOG * np.frombuffer(file.read(3 * 4 * _BINS), "<f4").astype(np.float64)).reshape(3, _BINS)
        unigrams = np.frombuffer(file.read((counts[0] + 1) * _UNIGRAM.itemsize), _UNIGRAM)
        before, both, first = _read_bits(file, counts[1], _bigram_bits(counts))
        long_before, last = _read_bits(file, counts[2], _trigram_bits(counts))
        file.seek(4, 1)
        words = tuple(file.read().decode().split("\0")[:-1])
    one = np.arange(counts[0], dtype=np.int64)
    two = _children(one, unigrams["next"], before)
    three = _children(two, first, long_before)
    prob, backoff = (np.exp(_LOG * unigrams[name][:-1].astype(np.float64)) for name in ("prob", "backoff"))
    prob_codes, backoff_codes = np.divmod(both[: len(two)], _BINS)
    order = np.argsort(three)  # the model that comes with pocketsphinx has two out of order
    return Trigrams(
        words,
        (
            NGrams(one, prob, backoff),
            NGrams(two, tables[0][prob_codes], tables[1][backoff_codes]),
            NGrams(three[order], tables[2][last[: len(three)][order]], np.ones(len(three))),
        ),
    )


def write_trie(model: Trigrams, path: Path) -> None:
    """Write a model as pocketsphinx reads it."""
    one, two, three = model.grams
    counts = [len(each.keys) for each in model.grams]
    unigrams = np.zeros(counts[0] + 1, _UNIGRAM)
    unigrams["prob"][:-1], unigrams["backoff"][:-1] = _logs(one.prob), _logs(one.backoff)
    unigrams["next"] = _firsts(one.keys, two.keys)
    prob, backoff, last = (_quantized(_logs(values)) for values in (two.prob, two.backoff, three.prob))
    words = "".join(f"{word}\0" for word in model.words).encode()
    with path.open("wb") as file:
        file.write(_MAGIC + np.array([*counts, 1], "<u4").tobytes())
        file.write(np.concatenate([prob[0], backoff[0], last[0]]).astype("<f4").tobytes())
        file.write(unigrams.tobytes())
        codes = prob[1] * _BINS + backoff[1]
        _write_bits(file, [_ended(two.keys % BASE), _ended(codes), _firsts(two.keys, three.keys)], _bigram_bits(counts))
        _write_bits(file, [_ended(three.keys % BASE), _ended(last[1])], _trigram_bits(counts))
        file.write(np.array([len(words)], "<u4").tobytes() + words)


def _bigram_bits(counts: Sequence[int]) -> list[int]:
    return [counts[0].bit_length(), _BOTH, counts[2].bit_length()]


def _trigram_bits(counts: Sequence[int]) -> list[int]:
    return [counts[0].bit_length(), _PROB]


def _children(parents: Keys, first: Keys, words: Keys) -> Keys:
    """The keys of what stands under each parent; `first` says where each one's begin, and where the last one's end."""
    numbers = first[1 : len(parents) + 1].astype(np.int64) - first[: len(parents)].astype(np.int64)
    return np.repeat(parents, numbers) * BASE + words[: numbers.sum()]


def _firsts(parents: Keys, children: Keys) -> Keys:
    """Where the children of each parent begin, and where the last one's end."""
    return np.append(np.searchsorted(children // BASE, parents), len(children))


def _logs(values: Floats) -> Floats:
    logs: Floats = np.log(np.maximum(values, NEVER)) / _LOG
    return logs


def _quantized(logs: Floats) -> tuple[Floats, Keys]:
    """A table of quantiles, and for each value the index of one that is as great."""
    table = np.quantile(logs, np.linspace(0, 1, _BINS)) if len(logs) else np.zeros(_BINS)
    return table, np.minimum(np.searchsorted(table, logs), _BINS - 1)


def _ended(values: Keys) -> Keys:
    return np.append(values, 0)


def _read_bits(file: BinaryIO, count: int, widths: Sequence[int]) -> list[Keys]:
    """Fields of some bits each, packed without gaps, of `count` entries and one that ends them."""
    data = np.frombuffer(file.read(((1 + count) * sum(widths) + 7) // 8 + len(_SPARE)), np.uint8)
    eight = np.lib.stride_tricks.sliding_window_view(data, 8)
    starts = np.arange(count + 1, dtype=np.int64) * sum(widths)
    fields = []
    for width in widths:
        words = np.ascontiguousarray(eight[starts >> 3]).view("<u8").ravel() >> (starts & 7).astype(np.uint64)
        fields.append((words & np.uint64((1 << width) - 1)).astype(np.int64))
        starts = starts + width
    return fields


def _write_bits(file: BinaryIO, fields: Sequence[Keys], widths: Sequence[int]) -> None:
    for start in range(0, len(fields[0]), _AT_ONCE):
        bits = [_bits(field[start : start + _AT_ONCE], width) for field, width in zip(fields, widths, strict=True)]
        file.write(np.packbits(np.hstack(bits), bitorder="little").tobytes())
    file.write(_SPARE)


def _bits(values: Keys, width: int) -> NDArray[np.uint8]:
    """The lowest bits of each value, one row a value, the lowest first."""
    octets = values.astype("<u8").view(np.uint8).reshape(-1, 8)
    return np.unpackbits(octets, axis=1, count=width, bitorder="little")
