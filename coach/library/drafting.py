"""A draft bank from a list of hints, as they stand in a guide or come out of a web page.

    ## Heading                      the level of what follows
    1. hint / 2) hint / - hint      an item; indented lines go on with it
    What is ...?                    the question of the next item (also `1. What is ...?`)
    Hint: ...                       an item
    a short line by itself          a heading; any other paragraph is an item

A draft has one criterion a clause. It is marked `draft: true` until a person has read it.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from coach.errors import CoachError
from coach.terms import Bank, Criterion, Question

_HEADING = re.compile(r"^#{1,6}\s+(?P<text>.+?)\s*#*$")
_ITEM = re.compile(r"^(?:\(?\d{1,3}[.):]|[-*•‣·–])\s+(?P<text>\S.*)$|^Q\s*\d*\s*[.:)]\s*(?P<q>\S.*)$", re.IGNORECASE)
_LABEL = re.compile(r"^(?:(?:hint|answer|a strong answer|what to cover|tip)s?\s*:)\s*(?P<text>\S.*)$", re.IGNORECASE)
_LEAD = re.compile(
    r"^(?:an?|the)?\s*(?:strong|good|great|ideal)?\s*answers?\s+(?:should\s+)?(?:covers?|includes?|mentions?)\s+",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(])|;\s+|\s+(?:→|->|=>)\s+|\s+[-–—]\s+")
_COMMA = re.compile(r",\s+(?:and\s+|or\s+)?")
_PAREN = re.compile(r"\([^()]*\)")
_KNOWN_LEVELS = ("beginner", "intermediate", "advanced", "scenario", "workflow", "behavioral")
_LONGEST_HEADING = 6
_MOST_CRITERIA = 12


class Item(NamedTuple):
    """One hint of the list, its level, and its question where the list gives one."""

    level: str
    question: str | None
    hint: str


def draft_bank(text: str, bank: str, title: str | None = None) -> Bank:
    """A draft bank from a list of hints; CoachError where no hint is found."""
    items = list(read_items(text))
    if not items:
        raise CoachError("no hint found; expected a numbered or bulleted list, or paragraphs of text")
    taken: set[str] = set()
    questions = tuple(_question(item, taken) for item in items)
    return Bank(bank=bank, title=title or bank.replace("-", " ").capitalize(), draft=True, questions=questions)


def new_bank(bank: str) -> Bank:
    """A bank of one question to start from."""
    question = Question(
        id="first-question",
        level="beginner",
        question="What do you ask, in the words of an interviewer?",
        hint="What a strong answer covers, in a sentence or two.",
        criteria=(
            Criterion(
                id="first-point",
                text="A claim that a good answer makes, readable by itself.",
                weight=2,
                follow_up="What do you ask when the answer did not make it?",
            ),
            Criterion(id="second-point", text="Another claim; between 1 and 12 in all."),
        ),
        reference="A model answer that makes every point.",
    )
    return Bank(bank=bank, title=bank.replace("-", " ").capitalize(), draft=True, questions=(question,))


def read_items(text: str) -> Iterator[Item]:
    """The hints of a list, in order."""
    level, question = "beginner", None
    for block in _blocks(text):
        if block.kind == "heading":
            level = _level(block.text) or level
        elif block.text.endswith("?"):
            question = block.text
        else:
            yield Item(level, question, block.text)
            question = None


class _Block(NamedTuple):
    kind: str
    text: str


def _blocks(text: str) -> list[_Block]:
    """Headings, items and paragraphs, with the lines of each joined."""
    blocks: list[_Block] = []
    fresh = True
    for raw in unicodedata.normalize("NFC", text).splitlines():
        line = raw.strip()
        if not line:
            fresh = True
            continue
        asked = bool(blocks) and blocks[-1].text.endswith("?")
        block = _block(line, fresh and not asked) or (_Block("item", line) if asked else None)
        if block:
            blocks.append(block)
        else:
            blocks[-1] = _Block(blocks[-1].kind, f"{blocks[-1].text} {line}")
        fresh = blocks[-1].kind == "heading"
    return _without_lead(blocks)


def _block(line: str, fresh: bool) -> _Block | None:
    """The block that a line begins, or None where it goes on with the one before."""
    if match := _HEADING.match(line):
        return _Block("heading", match["text"])
    if match := _ITEM.match(line):
        return _Block("item", match["text"] or match["q"])
    if match := _LABEL.match(line):
        return _Block("item", match["text"])
    if line.endswith("?"):
        return _Block("item", line)
    if fresh and len(line.split()) <= _LONGEST_HEADING and line[-1] not in ".;,:!":
        return _Block("heading", line)
    return _Block("paragraph", line) if fresh else None


def _without_lead(blocks: list[_Block]) -> list[_Block]:
    """Where there is a list, paragraphs outside it are remarks and no hints."""
    listed = any(b.kind == "item" and not b.text.endswith("?") for b in blocks)
    return [b for b in blocks if not (listed and b.kind == "paragraph")]


def _level(heading: str) -> str | None:
    slug = slugify(heading)
    known = next((level for level in _KNOWN_LEVELS if level[:8] in slug), None)
    return known or slug[:40].rstrip("-") or None


def _question(item: Item, taken: set[str]) -> Question:
    criteria = tuple(
        Criterion(id=f"p{n}", text=clause) for n, clause in enumerate(clauses(item.hint)[:_MOST_CRITERIA], 1)
    )
    question = item.question or f"(draft) Which question gets this answer: {item.hint}"
    return Question(
        id=_fresh_id(item.question or _LEAD.sub("", item.hint), taken),
        level=item.level,
        question=question,
        hint=item.hint,
        criteria=criteria,
    )


def clauses(hint: str) -> list[str]:
    """The claims of a hint: its sentences, and the items of its lists."""
    kept = _PAREN.sub(lambda m: m[0].replace(",", "\0").replace(";", "\1"), _LEAD.sub("", hint))
    parts = [piece for clause in _CLAUSE.split(kept) for piece in _listed(clause)]
    return [_sentence(part.replace("\0", ",").replace("\1", ";")) for part in parts if re.search(r"\w", part)]


def _listed(clause: str) -> list[str]:
    """The items of a list of three or more; any other clause stays whole."""
    items = _COMMA.split(clause)
    return items if len(items) > 2 else [clause]


def _sentence(text: str) -> str:
    text = text.strip(" \t.;,")
    return f"{text[:1].upper()}{text[1:]}."


def slugify(text: str) -> str:
    """The text in lower case letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "replace").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _fresh_id(text: str, taken: set[str]) -> str:
    stop = {
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
        "what",
        "how",
        "does",
        "do",
        "for",
        "it",
        "you",
    }
    words = [w for w in slugify(text).split("-") if w and w not in stop][:4]
    base = "-".join(words)[:60].strip("-") or "question"
    name, n = base, 2
    while name in taken:
        name, n = f"{base}-{n}", n + 1
    taken.add(name)
    return name
