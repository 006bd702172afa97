"""A mock interview on paper: the score, each question with its verdicts and what was said.

Every text is data: jinja escapes it in HTML, and in Markdown what has a meaning there stands behind a backslash.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from coach.grading.feedback import HEADINGS, first_quote, headline, in_order_of_telling
from coach.plain import plain
from coach.terms import Attempt, Grade, Question

if TYPE_CHECKING:
    from jinja2 import Template

_MARKUP = re.compile(r"[\\`*_\[\]<>#&~|$]|:(?=//)|^[+\-=]")
_NUMBER = re.compile(r"^(\d+)(?=[.)])")


class MockAnswer(NamedTuple):
    """A question of the interview, the answer, and its grade where there is one."""

    question: Question
    attempt: Attempt
    grade: Grade | None


class Point(NamedTuple):
    """A criterion as the report tells it: under which heading, the claim, and the words it was judged by."""

    heading: str
    text: str
    quote: str


def points(answer: MockAnswer) -> list[Point]:
    """The criteria of an answer in the order of the headings: what was wrong first."""
    judged = answer.grade.criteria if answer.grade else ()
    return [
        Point(HEADINGS[each.verdict], answer.question.criterion(each.id).text, first_quote(each))
        for each in in_order_of_telling(judged)
    ]


def mean_score(answers: Sequence[MockAnswer]) -> float | None:
    """The mean score, 0 to 100, of the answers that have one."""
    found = [each.grade.score for each in answers if each.grade and each.grade.score is not None]
    return fmean(found) if found else None


def verdict_on(answer: MockAnswer) -> str:
    """The score in words, or why there is none."""
    if answer.grade is None:
        return "Not graded."
    return f"Not graded: {answer.grade.error.message}" if answer.grade.error else headline(answer.grade)


def summary(answers: Sequence[MockAnswer], at: datetime) -> str:
    """The interview in a line; the time is given in the zone of `at`."""
    mean = mean_score(answers)
    minutes = sum(each.attempt.seconds for each in answers) / 60
    score = "no score" if mean is None else f"mean score {mean:.0f} of 100"
    count = "1 question" if len(answers) == 1 else f"{len(answers)} questions"
    return f"{at:%Y-%m-%d %H:%M} · {count} · {minutes:.0f} min · {score}"


def as_markdown(answers: Sequence[MockAnswer], at: datetime) -> str:
    """The report as Markdown."""
    return "\n".join(_markdown(answers, at))


def _markdown(answers: Sequence[MockAnswer], at: datetime) -> Iterator[str]:
    yield f"# Mock interview\n\n{summary(answers, at)}\n"
    for number, answer in enumerate(answers, 1):
        yield f"## {number}. {_escaped(answer.question.question)}\n"
        yield f"{answer.question.level} · {answer.attempt.seconds / 60:.1f} min · {_escaped(verdict_on(answer))}\n"
        for point in points(answer):
            said = f" — “{_escaped(point.quote)}”" if point.quote else ""
            yield f"- **{point.heading}:** {_escaped(point.text)}{said}"
        yield f"\n{_block(answer.attempt.text)}\n"


def _block(text: str) -> str:
    """A text as a quotation, line by line."""
    return "\n".join(f"> {_escaped(line)}".rstrip() for line in text.splitlines() or [""])


def _escaped(text: str) -> str:
    """A text on one line in which nothing is markup."""
    return _NUMBER.sub(r"\1\\", _MARKUP.sub(r"\\\g<0>", plain(" ".join(text.split()))))


def as_html(answers: Sequence[MockAnswer], at: datetime) -> str:
    """The report as one HTML page that needs nothing else."""
    return _template().render(
        answers=answers,
        plain=plain,
        points=points,
        summary=summary(answers, at),
        verdict_on=verdict_on,
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment

    source = files("coach.practice").joinpath("mock_report.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(source)
