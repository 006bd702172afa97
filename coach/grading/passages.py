"""Split an answer into passages: sentences, list items, and pieces of speech without punctuation.

Passages are spans with offsets, and joined they give the answer back to the character.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from coach.terms import Passage, Span

LONGEST = 40
"""Words in a passage beyond which it is split again."""
SHORTEST = 8
"""Words below which a piece of a long passage is not cut off."""

_ABBREVIATIONS = "e.g. i.e. vs. etc. cf. approx. Dr. Mr. Ms. Mrs. Fig."
_NOT_ABBREVIATED = "".join(f"(?<!{re.escape(word)})" for word in _ABBREVIATIONS.split())
_SENTENCE_END = re.compile(  # one class first, by which `re` finds the places to try: twice as fast
    r"[.!?…。！？\n](?:"
    rf"(?<=[.!?…])[.!?…]*{_NOT_ABBREVIATED}[\"'”’)\]*_`]*\s+|(?<=[。！？])[。！？]*\s*|(?<=\n)\s*"
    r")"
)
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"\S+")
_JOINT = re.compile(
    r"[;:,–—]$|^(?:and|but|so|because|then|which|while|whereas|or|if|when|also|plus|um|uh|well|okay|like)$",
    re.IGNORECASE,
)


def split_passages(answer: str) -> tuple[Passage, ...]:
    """Split an answer into passages; an answer without words has none."""
    if not answer.strip():
        return ()
    spans = [piece for sentence in _sentences(answer) for piece in _pieces(answer, sentence)]
    return tuple(Passage(start, end, answer[start:end]) for start, end in spans)


def _sentences(answer: str) -> Iterator[Span]:
    """Spans between sentence ends; one without a letter (a list's number) joins the next."""
    start, last = 0, len(answer.rstrip())
    for match in _SENTENCE_END.finditer(answer, 0, last):
        end = match.end()
        if end < last and _LETTER.search(answer, start, end):
            yield Span(start, end)
            start = end
    yield Span(start, len(answer))


def _pieces(answer: str, sentence: Span) -> Iterable[Span]:
    """The sentence itself, or about equal pieces of a long one, cut where it can best be cut."""
    start, end = sentence
    if end - start < 2 * LONGEST or len(answer[start:end].split()) <= LONGEST:  # the first, since it is quick
        return (sentence,)
    words = list(_WORD.finditer(answer, start, end))
    cuts = [start, *(words[i].start() for i in _cuts([w.group() for w in words])), end]
    return (Span(*ends) for ends in pairwise(cuts))


def _cuts(words: list[str]) -> list[int]:
    """Indices of the words that begin a new piece."""
    count = -(-len(words) // LONGEST)
    return [_best_cut(words, len(words) * i // count) for i in range(1, count)]


def _best_cut(words: list[str], target: int) -> int:
    """The cut nearest to `target` that lies after punctuation or before a joining word."""
    reach = min(LONGEST // 2 - SHORTEST, target - 1, len(words) - 1 - target)
    nearest = sorted(range(target - reach, target + reach + 1), key=lambda i: abs(i - target))
    joints = (i for i in nearest if _JOINT.search(words[i - 1][-1:]) or _JOINT.match(words[i]))
    return next(joints, target)
