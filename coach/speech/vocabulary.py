"""The words a recogniser should know beside those of its dictionary, how they sound, and how they are written."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from coach.terms import Question

_PHRASE_END = re.compile(r"[.?!,;:()\"“”…]+|\s[-–—]+\s")
_TOKEN = re.compile(r"[^\W\d_][^\W_]*(?:'[a-z]+)?|\d+")
_ACRONYM = re.compile(r"([A-Z]{2,5})(s?)")
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_HISSING, _VOICELESS = {"S", "Z", "SH", "ZH", "CH", "JH"}, {"P", "T", "K", "F", "TH"}
_SHORTEST_PART = 3

Sounds = tuple[str, ...]
"""Phones, as the CMU dictionary has them."""


class Vocabulary(NamedTuple):
    """Phrases in lower case, how the words that the dictionary lacks sound, and how words are written."""

    phrases: tuple[tuple[str, ...], ...]
    sounds: Mapping[str, Sounds]
    written: Mapping[str, str]


def hints_of(questions: Iterable[Question]) -> tuple[str, ...]:
    """Phrases that answers may have in them: the questions and the glossary's, never what a criterion asks for."""
    return (*(question.question for question in questions), *glossary())


@cache
def glossary() -> Mapping[str, Sounds]:
    """The phrases of the glossary, each with its sounds where the glossary gives them."""
    lines = (Path(__file__).parent / "glossary.txt").read_text(encoding="utf-8").splitlines()
    entries = (line.partition("=") for line in lines if not line.startswith("#"))
    return {phrase.strip(): tuple(sounds.split()) for phrase, _, sounds in entries}


def read_dictionary(path: Path) -> dict[str, Sounds]:
    """The words of a dictionary in the form of CMU's, each with its first pronunciation."""
    known: dict[str, Sounds] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *sounds = line.split()
        known.setdefault(word, tuple(sounds))
    return known


def vocabulary(hints: Iterable[str], known: Mapping[str, Sounds]) -> Vocabulary:
    """What hints add to a dictionary; a word that nobody can say ends its phrase."""
    phrases: list[tuple[str, ...]] = []
    found: dict[str, Sounds] = {}
    written: dict[str, str] = {}
    speaker = Speaker(known)
    for tokens in map(_TOKEN.findall, _pieces(hints)):
        phrase: list[str] = []
        for token in tokens:
            word, sounds = token.lower(), speaker.say(token)
            if sounds is None:
                phrases.append(tuple(phrase))
                phrase = []
                continue
            phrase.append(word)
            if word not in known:
                found[word] = sounds
            if not token[1:].islower() and len(token) > 1:
                written[word] = token
        phrases.append(tuple(phrase))
    return Vocabulary(tuple(filter(None, phrases)), found, written)


def _pieces(hints: Iterable[str]) -> Iterator[str]:
    for hint in hints:
        yield from _PHRASE_END.split(hint.replace("’", "'"))


class Speaker:
    """Says words: by the glossary, the dictionary, letter by letter, part by part, or by a word with another ending."""

    def __init__(self, known: Mapping[str, Sounds]) -> None:
        self._known = {phrase.lower(): sounds for phrase, sounds in glossary().items() if sounds} | dict(known)

    def say(self, word: str) -> Sounds | None:
        """The sounds of a word as it is written; None where no rule fits."""
        return (
            self._known.get(word.lower())
            or self._spelled(word)
            or self._by_case(word)
            or self._with_ending(word.lower())
            or self._compound(word.lower())
        )

    def _spelled(self, word: str) -> Sounds | None:
        match = _ACRONYM.fullmatch(word)
        if not match:
            return None
        letters = tuple(sound for letter in match[1] for sound in self._known.get(f"{letter.lower()}.", ()))
        return plural(letters) if match[2] else letters

    def _by_case(self, word: str) -> Sounds | None:
        parts = _PART.findall(word)
        return self._joined(parts) if len(parts) > 1 and "".join(parts) == word else None

    def _compound(self, word: str) -> Sounds | None:
        for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
            sounds = [self._known.get(part) for part in (word[:cut], word[cut:])]
            if sounds[0] and sounds[1]:
                return sounds[0] + sounds[1]
        return None

    def _joined(self, parts: list[str]) -> Sounds | None:
        sounds = [self.say(part) for part in parts]
        return tuple(sound for part in sounds for sound in part or ()) if all(sounds) else None

    def _with_ending(self, word: str) -> Sounds | None:
        if word.endswith("ization") and (stem := self.say(word.removesuffix("ation") + "e")):
            return (*stem[:-2], "AH", "Z", "EY", "SH", "AH", "N")
        for ending, said in _ENDINGS.items():
            if word.endswith(ending) and (stem := self._stem(word.removesuffix(ending))):
                return said(stem)
        return None

    def _stem(self, stem: str) -> Sounds | None:
        doubled = stem[:-1] if stem[-1:] == stem[-2:-1] else ""
        return next(filter(None, map(self._known.get, (stem, f"{stem}e", doubled))), None)


def plural(sounds: Sounds) -> Sounds:
    """A word with the ending -s."""
    if sounds[-1] in _HISSING:
        return (*sounds, "IH", "Z")
    return (*sounds, "S" if sounds[-1] in _VOICELESS else "Z")


def past(sounds: Sounds) -> Sounds:
    """A word with the ending -ed."""
    if sounds[-1] in ("T", "D"):
        return (*sounds, "IH", "D")
    return (*sounds, "T" if sounds[-1] in _VOICELESS | {"S", "SH", "CH"} else "D")


_ENDINGS: dict[str, Callable[[Sounds], Sounds]] = {
    "'s": plural,
    "es": plural,
    "s": plural,
    "ed": past,
    "ings": lambda sounds: (*sounds, "IH", "NG", "Z"),
    "ing": lambda sounds: (*sounds, "IH", "NG"),
    "ers": lambda sounds: (*sounds, "ER", "Z"),
    "er": lambda sounds: (*sounds, "ER"),
    "ly": lambda sounds: (*sounds, "L", "IY"),
}
