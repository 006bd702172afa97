"""Criteria and answers of other questions beside those of a row: they change nothing about its own."""

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from batches import ids
from network import BASE
from rows import LABELS, Asked, Row

from coach.judges.mini.sequences import room

MISSED = LABELS.index("missed")
KEPT = 12
"""Criteria near, and far, that are kept for each criterion."""
UNLIKE = 0.3
"""Below this cosine of their mean criteria two groups have nothing to do with each other."""

Vectors = np.ndarray


class Strangers(NamedTuple):
    """For each criterion some of other groups, and for each group the groups that have nothing to do with it.

    A half of the criteria are near by meaning, but not near enough to mean the same.
    """

    criteria: dict[str, list[str]]
    groups: dict[str, list[str]]

    @classmethod
    def among(cls, asked: Sequence[Asked]) -> "Strangers":
        """Of some questions, by the base model's cosine."""
        from sentence_transformers import SentenceTransformer

        texts = [c for q in asked for c in q.criteria.values()]
        groups = np.array([q.group for q in asked for _ in q.criteria])
        model = SentenceTransformer(str(BASE), device="cpu")
        vectors = model.encode(texts, normalize_embeddings=True, batch_size=128)
        centres = {group: vectors[groups == group].mean(0) for group in dict.fromkeys(groups.tolist())}
        return cls(_near(texts, groups, vectors, centres), _unlike(centres))

    def beside(self, rng: random.Random, row: Row, count: int) -> Row:
        """The row with up to so many criteria of other questions after its own: missed."""
        known = [c for c in rng.sample(row.criteria, min(count, len(row.criteria))) if self.criteria.get(c)]
        others = tuple(rng.choice(self.criteria[c]) for c in known)
        return row._replace(criteria=row.criteria + others, labels=row.labels + (MISSED,) * len(others))

    def instead(self, rng: random.Random, row: Row) -> Row:
        """The row's answer against criteria of other questions alone."""
        own = len(row.criteria)
        found = self.beside(rng, row, own)
        return found._replace(source="stranger", criteria=found.criteria[own:], labels=found.labels[own:])

    def amid(self, rng: random.Random, row: Row, said: Mapping[str, Sequence[str]], most: int) -> Row:
        """The row's answer somewhere among at most so many tokens of answers to other questions, `said` by group."""
        texts = self._others(rng, row.group, said, most)
        texts.insert(rng.randint(0, len(texts)), row.answer)
        return row._replace(answer=rng.choice((" ", "\n\n")).join(texts))

    def only(self, rng: random.Random, row: Row, said: Mapping[str, Sequence[str]], most: int) -> Row:
        """At most so many tokens of answers to other questions in place of the row's: missed."""
        text = rng.choice((" ", "\n\n")).join(self._others(rng, row.group, said, most))
        return row._replace(source="stranger", answer=text, labels=(MISSED,) * len(row.labels))

    def _others(self, rng: random.Random, group: str, said: Mapping[str, Sequence[str]], most: int) -> list[str]:
        """Answers of groups unlike this one, at most so many tokens."""
        texts: list[str] = []
        for other in rng.sample(self.groups.get(group, []), min(KEPT, len(self.groups.get(group, [])))):
            text = rng.choice(said[other]) if said.get(other) else ""
            most -= len(ids(text))
            if most < 0:
                break
            texts += [text] if text else []
        return texts


def spare(row: Row) -> int:
    """The tokens that a window has left beside a row."""
    return max(0, room(list(ids(row.question)), [list(ids(c)) for c in row.criteria]) - len(ids(row.answer)))


def _near(
    texts: Sequence[str], groups: np.ndarray, vectors: Vectors, centres: Mapping[str, Vectors]
) -> dict[str, list[str]]:
    rng, found = random.Random(1), {}
    for i, text in enumerate(texts):
        cosine, topic = vectors @ vectors[i], vectors @ centres[groups[i]]
        other = (groups != groups[i]) & (cosine < 0.6) & (topic < 0.45)
        near = [j for j in np.argsort(-cosine * other)[:KEPT] if other[j]]
        far = [j for j in rng.sample(range(len(texts)), KEPT) if other[j]]
        found[text] = [texts[j] for j in (*near, *far)]
    return found


def _unlike(centres: Mapping[str, Vectors]) -> dict[str, list[str]]:
    names, matrix = list(centres), np.stack(list(centres.values()))
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    cosines = matrix @ matrix.T
    return {name: [names[j] for j in np.flatnonzero(cosines[i] < UNLIKE)] for i, name in enumerate(names)}
