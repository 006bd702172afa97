"""What the classifier reads: `question [SEP] [CLS] criterion [CLS] criterion ... [SEP] answer [SEP]`.

Each criterion is read at the `[CLS]` before it and at its own tokens, so that one reading of the answer serves them
all. Many criteria are read in groups, and a long answer in windows. Training composes its rows with the same function,
so that both see the same thing.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

Tokens = list[int]

LONGEST = 384
"""Tokens in a sequence."""
LONGEST_CRITERION = 200
"""Tokens of a criterion; a longer one is not judged."""
TOGETHER = LONGEST_CRITERION + 1
"""Tokens of all criteria that are read together, each with the one before it."""
SCENE = 48
"""Tokens of the question that are read, those at its end: more where the criteria leave room, never fewer."""

CLS, SEP = 101, 102
"""The token before each criterion and the one that ends each part, in BERT's vocabulary."""


class Composed(NamedTuple):
    """A sequence, the span of each of its criteria with the token before it, and where the answer begins."""

    tokens: Tokens
    spans: list[tuple[int, int]]
    begin: int


class Window(NamedTuple):
    """A sequence, and for each of the answer's tokens in it the passage it belongs to."""

    sequence: Composed
    passages: list[int]


def compose(question: Tokens, criteria: Sequence[Tokens], answer: Tokens) -> Composed:
    """One sequence; the answer must fit (`room`)."""
    space = SCENE + max(0, TOGETHER - sum(len(criterion) + 1 for criterion in criteria))
    tokens = [*question[-space:], SEP] if question else []
    spans = []
    for criterion in criteria:
        begin = len(tokens)
        tokens += [CLS, *criterion]
        spans.append((begin, len(tokens)))
    tokens.append(SEP)
    return Composed([*tokens, *answer, SEP], spans, len(tokens))


def room(question: Tokens, criteria: Sequence[Tokens]) -> int:
    """The tokens of an answer that fit beside a question and criteria."""
    return LONGEST - len(compose(question, criteria, []).tokens)


def groups(criteria: Sequence[Tokens]) -> Iterator[list[int]]:
    """The numbers of the criteria that are read together, in order; those that are too long are in none."""
    group: list[int] = []
    length = 0
    for i, criterion in enumerate(criteria):
        if len(criterion) > LONGEST_CRITERION:
            continue
        if group and length + len(criterion) + 1 > TOGETHER:
            yield group
            group, length = [], 0
        group.append(i)
        length += len(criterion) + 1
    if group:
        yield group


def windows(question: Tokens, criteria: Sequence[Tokens], passages: Sequence[Tokens]) -> list[Window]:
    """The answer as one window where it fits; otherwise overlapping runs of passages that together hold it all."""
    space = room(question, criteria)
    owned = [(token, i) for i, passage in enumerate(passages) for token in passage]
    return [_window(question, criteria, part) for part in _parts(owned, space)]


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


def _window(question: Tokens, criteria: Sequence[Tokens], part: list[tuple[int, int]]) -> Window:
    return Window(compose(question, criteria, [token for token, _ in part]), [passage for _, passage in part])
