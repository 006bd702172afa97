"""An answer with the quotes of its criteria marked in place, and the words for a verdict.

A quote is underlined, those of the selected criterion are reversed: no colour is needed to see either.
"""

from collections.abc import Iterable
from typing import NamedTuple

from textual.content import Content, Span

from coach.grading.feedback import HEADINGS, SIGNS
from coach.plain import plain
from coach.terms import CriterionGrade, Verdict

_COLOURS = {
    Verdict.COVERED: "$text-success",
    Verdict.PARTIAL: "$text-warning",
    Verdict.MISSED: "$text-muted",
    Verdict.CONTRADICTED: "$text-error",
    Verdict.UNJUDGED: "$text-accent",
}
MARKS = {verdict: (sign, _COLOURS[verdict]) for verdict, sign in SIGNS.items()}
"""A sign and a colour a verdict; the sign alone tells them apart."""


class Marked(NamedTuple):
    """Text to show, and where in it the first quote of the selected criterion begins, if there is one."""

    content: Content
    start: int | None


def marked(answer: str, criteria: Iterable[CriterionGrade], selected: str) -> Marked:
    """An answer with all quotes marked, the selected criterion's over the others."""
    quoted = sorted((each for each in criteria if each.verdict is not Verdict.MISSED), key=lambda c: c.id == selected)
    spans = [
        Span(quote.start, quote.end, f"{'reverse' if each.id == selected else 'underline'} {MARKS[each.verdict][1]}")
        for each in quoted
        for quote in each.evidence
    ]
    starts = [quote.start for each in quoted if each.id == selected for quote in each.evidence]
    return Marked(Content(plain(answer), spans=spans), min(starts, default=None))


def in_words(judged: CriterionGrade) -> str:
    """The verdict and how sure, where there is one; a person's own with the judge's beside it."""
    confidence = None if judged.verdict is Verdict.UNJUDGED else judged.confidence
    sure = f", {confidence:.0%} sure" if confidence is not None else ""
    if judged.review:
        return f"{HEADINGS[judged.verdict]}, you say. The judge: {HEADINGS[judged.review.overrides].lower()}{sure}"
    return f"{HEADINGS[judged.verdict]}{sure}" + (f": {plain(judged.reason)}" if judged.reason else "")
