"""What an answer says, without what does not change it: list marks, bold type, and sentences that come again.

The classifier takes a text that says everything twice for one that only recites, and list numbers for quantities.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

ITEM = r"[-*+•·–—]|\d{1,2}[.)]"
"""What begins an item of a list."""
MARKS = re.compile(rf"^\s*(?:(?:{ITEM})\s+(?=\S))+|\*\*|__(?=\w)|(?<=\w)__|```\w*\n?|`")

LONG = 10
"""Tokens of a passage that is about one thing only."""


def plain(passage: str) -> str:
    """A passage without list marks at its beginning and marks of type."""
    return MARKS.sub("", passage)


def repeated(passages: Sequence[Sequence[object]]) -> list[bool]:
    """Which passages (tokens) come again: long ones anywhere, short ones at once or beside the same one as before.

    A short one elsewhere does not: "That is wrong." may be said of many things.
    """
    found, seen = [], set()
    for i, passage in enumerate(passages):
        found.append(passage in seen if len(passage) >= LONG else passage in passages[max(0, i - 1) : i])
        seen.add(passage)
    first: dict[object, int] = {}
    for i, pair in enumerate(pairwise(passages)):
        if first.setdefault(pair, i) < i:
            found[i] = found[i + 1] = True
    return found
