"""What the classifier reads: `[CLS] question [SEP] criterion [SEP] answer [SEP]`, in windows where the answer is long.

Training composes its rows with the same function, so that both see the same thing.
"""

from collections.abc import Sequence
from typing import NamedTuple

Tokens = list[int]

LONGEST = 320
"""Tokens in a sequence."""
LONGEST_QUESTION = 48
"""Tokens of the question that are read; it only sets the scene."""
LONGEST_CRITERION = 200
"""Tokens of a criterion; a longer one is not judged."""


CLS, SEP = 101, 102
"""The tokens that begin a sequence and end each part, in BERT's vocabulary."""


class Window(NamedTuple):
    """A sequence, and for each of its tokens the passage it belongs to, or -1."""

    tokens: Tokens
    passages: list[int]


def compose(question: Tokens, criterion: Tokens, answer: Tokens) -> tuple[Tokens, int]:
    """One sequence and the place where the answer begins; the answer must fit (`room`)."""
    scene = [*question[:LONGEST_QUESTION], SEP] if question else []
    before = [CLS, *scene, *criterion, SEP]
    return [*before, *answer, SEP], len(before)


def room(question: Tokens, criterion: Tokens) -> int:
    """The tokens of an answer that fit beside a question and a criterion."""
    return LONGEST - len(compose(question, criterion, [])[0])


def windows(question: Tokens, criterion: Tokens, passages: Sequence[Tokens]) -> list[Window]:
    """The answer as one window where it fits; otherwise overlapping runs of passages that together hold it all."""
    space = room(question, criterion)
    owned = [(token, i) for i, passage in enumerate(passages) for token in passage]
    return [_window(question, criterion, part) for part in _parts(owned, space)]


def _parts(owned: list[tuple[int, int]], space: int) -> list[list[tuple[int, int]]]:
    """Runs of at most `space` tokens, each beginning with the passage that the one before ended with, if it can."""
    parts, start = [], 0
    while len(owned) - start > space:
        end = _cut(owned, start, start + space)
        parts.append(owned[start:end])
        start = _overlap(owned, start, end)
    return [*parts, owned[start:]]


def _cut(owned: list[tuple[int, int]], start: int, end: int) -> int:
    """The last passage boundary in the window's second half, or its very end."""
    boundaries = (i for i in range(end, (start + end) // 2, -1) if owned[i][1] != owned[i - 1][1])
    return next(boundaries, end)


def _overlap(owned: list[tuple[int, int]], start: int, end: int) -> int:
    """Where the next window starts: with the last passage again, if that is at most a third of the window."""
    again = next((i for i in range(end - 1, start, -1) if owned[i][1] != owned[i - 1][1]), end)
    return again if end - again <= (end - start) // 3 else end


def _window(question: Tokens, criterion: Tokens, part: list[tuple[int, int]]) -> Window:
    tokens, begin = compose(question, criterion, [token for token, _ in part])
    return Window(tokens, [-1] * begin + [passage for _, passage in part] + [-1])
