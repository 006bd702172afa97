"""Answers made out of authored clauses, and what recognisers and cheats do to answers.

A composed answer is a random choice of a question's criteria, a random kind of clause for each, in random order:
its labels are known, and nothing about its style gives them away.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rows import LABELS, Clauses, Row

COVERED, PARTIAL, MISSED, CONTRADICTED = range(4)
KINDS = {
    "made": (COVERED, 0.22),
    "plain": (COVERED, 0.13),
    "half": (PARTIAL, 0.17),
    "near": (MISSED, 0.15),
    "wrong": (CONTRADICTED, 0.21),
    "absent": (MISSED, 0.12),
}
"""A clause's label and how often it is drawn."""
EXCHANGES = {
    ("made", "wrong"): (CONTRADICTED, 0.24),
    ("wrong", "made"): (CONTRADICTED, 0.16),
    ("wrong", "plain"): (CONTRADICTED, 0.07),
    ("made", "made"): (COVERED, 0.16),
    ("made", "plain"): (COVERED, 0.1),
    ("made", "near"): (MISSED, 0.09),
    ("near", "made"): (MISSED, 0.06),
    ("near", "wrong"): (MISSED, 0.04),
    ("wrong", "near"): (MISSED, 0.04),
    ("wrong", "same"): (COVERED, 0.04),
}
"""A clause in the criterion's place and one in the answer's: what that makes, and how often it is drawn.

Criteria that are false, and many more of them than were written as such: what is judged is whether the answer says
it, not whether it is so.
"""
STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "to",
        "in",
        "is",
        "are",
        "and",
        "or",
        "for",
        "with",
        "that",
        "this",
        "it",
        "its",
        "by",
        "on",
        "as",
        "be",
        "at",
        "from",
        "not",
        "than",
        "when",
        "which",
        "so",
        "can",
        "has",
        "have",
        "their",
        "they",
        "them",
        "into",
        "more",
        "each",
        "one",
        "two",
        "while",
        "where",
        "but",
        "if",
        "because",
        "per",
        "over",
        "under",
        "does",
        "do",
        "what",
        "how",
    ]
)


class Phrases(NamedTuple):
    """Lines that claim nothing: what opens, pads and closes answers, and what tries to talk a grader round."""

    openers: list[str]
    fillers: list[str]
    attacks: list[str]
    frames: list[str]
    misheard: dict[str, list[str]]

    @classmethod
    def read(cls, path: Path) -> "Phrases":
        """From a file of `kind<TAB>text` lines; misheard words as `misheard<TAB>word<TAB>as`."""
        found: dict[str, list[str]] = defaultdict(list)
        misheard: dict[str, list[str]] = defaultdict(list)
        for line in path.read_text(encoding="utf-8").splitlines():
            kind, _, text = line.partition("\t")
            if kind == "misheard":
                word, _, heard = text.partition("\t")
                misheard[word.lower()].append(heard)
            elif text:
                found[kind].append(text.replace("\\n", "\n"))
        return cls(found["opener"], found["filler"], found["attack"], found["frame"], dict(misheard))


class Composer:
    """Draws answers; every draw comes from the random source it is given."""

    def __init__(self, clauses: Iterable[Clauses], phrases: Phrases) -> None:
        self._by_question: dict[str, list[Clauses]] = defaultdict(list)
        for each in clauses:
            self._by_question[each.question.id].append(each)
        self._phrases = phrases

    def __len__(self) -> int:
        return len(self._by_question)

    def rows(self, rng: random.Random, times: int, lengths: Sequence[int]) -> Iterator[Row]:
        """`times` composed answers a question of `lengths` clauses, with a row for up to three criteria of each."""
        for sets in self._by_question.values():
            for _ in range(times):
                yield from self._composed(rng, sets, rng.choice(lengths))

    def _composed(self, rng: random.Random, sets: Sequence[Clauses], length: int) -> Iterator[Row]:
        chosen = rng.sample(sets, min(len(sets), length))
        said, labels = [], {}
        for each in sets:
            kind = self._kind(rng) if each in chosen else "absent"
            labels[each.criterion] = KINDS[kind][0]
            if kind != "absent":
                said.append(rng.choice(each.texts[kind]))
        rng.shuffle(said)
        text = self.altered(rng, self._joined(rng, said), 0.2)
        if not text.strip():
            return
        told = [each for each in sets if each in chosen]
        told += rng.sample(sets, 1) if rng.random() < 0.4 else []
        for each in rng.sample(told, min(3, len(told))):
            question = each.question
            criterion = question.criteria[each.criterion]
            yield Row("composed", question.group, question.text, criterion, text, labels[each.criterion])

    def exchanged(self, rng: random.Random, times: int) -> Iterator[Row]:
        """`times` rows a criterion with a clause in the criterion's place, its counterpart alone or among others."""
        for sets in self._by_question.values():
            for each in sets:
                for _ in range(times):
                    yield self._exchange(rng, each, sets)

    def _exchange(self, rng: random.Random, each: Clauses, sets: Sequence[Clauses]) -> Row:
        first, second = rng.choices(list(EXCHANGES), [share for _, share in EXCHANGES.values()])[0]
        criterion = rng.choice(each.texts[first])
        others = [text for text in each.texts.get(second, ()) if text != criterion]
        said = [criterion if second == "same" else rng.choice(others)]
        beside = [other for other in sets if other is not each]
        beside = rng.sample(beside, min(len(beside), rng.choice((0, 0, 0, 1, 2))))
        said += [rng.choice(other.texts[rng.choice(("made", "near", "half", "wrong"))]) for other in beside]
        rng.shuffle(said)
        text = self.altered(rng, self._joined(rng, said), 0.15)
        label = EXCHANGES[first, second][0]
        return Row("exchanged", each.question.group, each.question.text, criterion, text, label)

    def _kind(self, rng: random.Random) -> str:
        return rng.choices(list(KINDS), [share for _, share in KINDS.values()])[0]

    def _joined(self, rng: random.Random, said: list[str]) -> str:
        parts = list(said)
        if rng.random() < 0.15:
            parts.insert(0, rng.choice(self._phrases.openers))
        while parts and rng.random() < 0.2:
            parts.insert(rng.randrange(len(parts) + 1), rng.choice(self._phrases.fillers))
        if rng.random() < 0.05:
            return "\n".join(f"- {part}" for part in parts)
        return " ".join(part if part[-1:] in ".!?" else f"{part}." for part in parts)

    def altered(self, rng: random.Random, text: str, often: float) -> str:
        """The text as it is, as speech, or with an attempt to talk the grader round; its labels stay."""
        if rng.random() >= often:
            return text
        if rng.random() < 0.6:
            return self.spoken(rng, text)
        attack = rng.choice(self._phrases.attacks)
        return f"{attack} {text}" if rng.random() < 0.3 else f"{text}\n\n{attack}"

    def spoken(self, rng: random.Random, text: str) -> str:
        """As a recogniser might write it: no capitals, no punctuation, fillers, some words misheard."""
        words = re.sub(r"[^\w\s'%]", " ", text.lower()).split()
        out: list[str] = []
        for word in words:
            if rng.random() < 0.05:
                out.append(rng.choice(("uh", "um", "like", "you know", "so", "i mean", "well", "right")))
            if rng.random() < 0.03 and out:
                out.append(out[-1])
            heard = self._phrases.misheard.get(word)
            out.append(rng.choice(heard) if heard and rng.random() < 0.6 else word)
        return " ".join(out)

    def tricks(self, rng: random.Random, question: str, criterion: str, group: str) -> Iterator[Row]:
        """Answers with the criterion's words and without its claim."""
        words = [w for w in re.findall(r"[\w/-]+", criterion) if w.lower() not in STOP]
        if rng.random() < 0.5:
            extra = [w for w in re.findall(r"[\w/-]+", question) if w.lower() not in STOP]
            listed = words + rng.sample(extra, min(len(extra), 4))
            rng.shuffle(listed)
            label = PARTIAL if rng.random() < 0.2 else MISSED
            yield Row("trick", group, question, criterion, ", ".join(listed), label, "stuffed")
        else:
            point = criterion.rstrip(".")
            frame = rng.choice(self._phrases.frames)
            text = frame.replace("{point}", point[:1].lower() + point[1:]).replace("{question}", question)
            yield Row("trick", group, question, criterion, text, MISSED, "parrot")


def strangers(rng: random.Random, rows: Sequence[Row], near: Mapping[str, list[str]], count: int) -> Iterator[Row]:
    """Answers against criteria of other questions: missed."""
    for row in rng.sample(list(rows), min(count, len(rows))):
        others = near.get(row.criterion)
        if others:
            yield row._replace(source="stranger", criterion=rng.choice(others), label=LABELS.index("missed"))
