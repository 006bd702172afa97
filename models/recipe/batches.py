"""Rows as padded batches of tokens."""

import random
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from network import BASE, MASK
from rows import Row
from tokenizers import Tokenizer
from torch import Tensor

from coach.judges.mini.claims import claim
from coach.judges.mini.sequences import SEP, compose

STEP = 16
"""Lengths are padded to a multiple of this: oneDNN keeps a primitive for each new shape."""

NONE = -1
"""The label where a row has no further criterion."""

HIDDEN = 0.08
"""How often a word is hidden."""


class Batch(NamedTuple):
    """Token ids, mask and answer mask (rows, tokens); the criteria's spans and labels (rows, criteria, ...).

    Rows with fewer criteria than the longest have an empty span and the label NONE for the rest.
    """

    tokens: Tensor
    mask: Tensor
    answer: Tensor
    spans: Tensor
    labels: Tensor


class Encoded(NamedTuple):
    """A row's tokens, the spans of its criteria, where its answer begins, and its labels."""

    tokens: list[int]
    spans: list[tuple[int, int]]
    begin: int
    labels: tuple[int, ...]


@lru_cache(1)
def tokenizer() -> Tokenizer:
    """The base model's WordPiece, without special tokens and limits."""
    found = Tokenizer.from_file(str(BASE / "tokenizer.json"))
    found.no_truncation()
    found.no_padding()
    return found


@lru_cache(500_000)
def ids(text: str) -> tuple[int, ...]:
    """The tokens of a text; nothing in it is read as a special token."""
    return tuple(tokenizer().encode(text.replace("[", " [ "), add_special_tokens=False).ids)


def encoded(row: Row, question: bool = True) -> Encoded:
    """A row as the judge composes it; without its question where told so."""
    asked = list(ids(row.question)) if question else []
    criteria = [list(ids(claim(criterion))) for criterion in row.criteria]
    return Encoded(*compose(asked, criteria, list(ids(row.answer))), row.labels)


def masked(rng: random.Random, row: Encoded) -> Encoded:
    """A half of the rows with some of their words hidden, so that rows are not learned by heart."""
    if rng.random() < 0.5:
        return row
    tokens = [MASK if token > SEP and rng.random() < HIDDEN else token for token in row.tokens]
    return row._replace(tokens=tokens)


def batches(rng: random.Random, rows: Sequence[Encoded], budget: int, longest: int) -> Iterator[list[Encoded]]:
    """Rows of like length together, about `budget` padded tokens a batch, batches in random order."""
    kept = [row for row in rows if len(row.tokens) <= longest]
    rng.shuffle(kept)
    kept.sort(key=lambda row: padded(len(row.tokens)))  # stable: random within a length
    groups, group = [], []
    for row in kept:
        if group and (len(group) + 1) * padded(len(row.tokens)) > budget:
            groups.append(group)
            group = []
        group.append(row)
    groups += [group] if group else []
    rng.shuffle(groups)
    yield from groups


def collate(rows: Sequence[Encoded]) -> Batch:
    """One batch."""
    width = padded(max(len(row.tokens) for row in rows))
    most = max(len(row.spans) for row in rows)
    tokens = torch.zeros(len(rows), width, dtype=torch.long)
    mask, answer = torch.zeros_like(tokens), torch.zeros(len(rows), width, dtype=torch.bool)
    spans = torch.zeros(len(rows), most, 2, dtype=torch.long)
    labels = torch.full((len(rows), most), NONE)
    for i, row in enumerate(rows):
        tokens[i, : len(row.tokens)] = torch.tensor(row.tokens)
        mask[i, : len(row.tokens)] = 1
        answer[i, row.begin : len(row.tokens) - 1] = True
        spans[i, : len(row.spans)] = torch.tensor(row.spans)
        labels[i, : len(row.labels)] = torch.tensor(row.labels)
    return Batch(tokens, mask, answer, spans, labels)


def padded(length: int) -> int:
    """The next multiple of STEP."""
    return -(-length // STEP) * STEP
