"""How sure a reply is of its verdicts: by token probabilities, by shares of samples, or by a constant."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import exp
from typing import NamedTuple

from coach.judges.chat.prompt import WORDS, Reply
from coach.terms import Probabilities

STATED = 0.9
"""The probability of a verdict that comes without any."""
LEAST = 0.3
"""The least probability of a verdict that is known by its own token alone: the named verdict stays the likeliest."""

_VALUE = re.compile(rb'"verdict"\s*:\s*"')
"""Where a verdict begins. A quotation mark inside a JSON string is escaped, so no reason can hold this."""


class Token(NamedTuple):
    """A token of a reply with the tokens that could have stood there, itself among them, by log probability."""

    text: bytes
    choices: Mapping[bytes, float]


def stated(word: str, probability: float = STATED) -> Probabilities:
    """The probabilities of a verdict of which nothing else is known: the other three share the rest."""
    return Probabilities(*(round(probability if word == each else (1 - probability) / 3, 6) for each in WORDS))


def shares(words: Sequence[str]) -> Probabilities:
    """The verdicts' shares of some samples, with a half added to each (Jeffreys' prior): few samples are unsure."""
    counts = Counter(words)
    return Probabilities(*(round((counts[each] + 0.5) / (len(words) + 2), 6) for each in WORDS))


def by_tokens(reply: Reply, tokens: Sequence[Token]) -> tuple[Probabilities, ...] | None:
    """The probabilities of each verdict at the token it begins in; None where that cannot be told for all."""
    text = b"".join(token.text for token in tokens)
    starts = [match.end() for match in _VALUE.finditer(text)]
    words = [each.verdict for each in reply.criteria]
    if len(starts) != len(words):
        return None
    if not all(text.startswith(f'{word}"'.encode(), at) for word, at in zip(words, starts, strict=True)):
        return None
    found = [_at(tokens, at) for at in starts]
    return tuple(each for each in found if each) if all(found) else None


def _at(tokens: Sequence[Token], place: int) -> Probabilities | None:
    """The probabilities at the token that holds this byte of the reply."""
    starts = list(accumulate((len(token.text) for token in tokens), initial=0))
    index = bisect_right(starts, place) - 1
    token, before = tokens[index], place - starts[index]
    mass = dict.fromkeys(WORDS, 0.0)
    for choice, logprob in token.choices.items():
        if choice[:before] == token.text[:before] and (word := _begun(choice[before:])):
            mass[word] += exp(min(logprob, 0.0))
    total = sum(mass.values())
    if not total > 0:  # nothing, or no number
        return None
    if len(token.choices) == 1:
        return stated(max(mass, key=lambda word: mass[word]), max(total, LEAST))
    return Probabilities(*(round(mass[word] / total, 6) for word in WORDS))


def _begun(piece: bytes) -> str | None:
    """The verdict that this piece of a token begins."""
    said = piece.decode(errors="replace").lower()
    return next((word for word in WORDS if said and (word.startswith(said) or said.startswith(word))), None)
