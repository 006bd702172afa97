"""What practice leaves behind: an attempt, its grade, and what a person says of both."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field

from coach.terms.grade import Grade
from coach.terms.judgement import Decided
from coach.terms.model import Noun

_LONE = re.compile(r"[\ud800-\udfff]")


def in_utc(at: datetime) -> datetime:
    """The same moment in UTC."""
    return at.astimezone(UTC)


def writable(text: str) -> str:
    """The text with lone surrogates, which no file can hold, replaced one for one."""
    return text if text.isascii() else _LONE.sub("�", text)


Moment = Annotated[AwareDatetime, AfterValidator(in_utc)]
Words = Annotated[str, AfterValidator(writable)]
Points = Annotated[float, Field(ge=0, le=100)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Mode(StrEnum):
    """Why a question was asked."""

    PRACTICE = "practice"
    MOCK = "mock"


class FollowUp(Noun):
    """What a follow-up follows: an attempt, and the criterion that it asks about."""

    attempt: str
    criterion: str


class Draft(Noun):
    """An answer that is being written; `question` is `bank/question`, `hints` how many steps of help were taken.

    `audio` is the path of what was said, `transcript` what was heard in it.
    """

    question: str
    at: Moment
    text: Words
    seconds: Seconds = 0.0
    hints: int = Field(default=0, ge=0)
    audio: Words | None = None
    transcript: dict[str, Any] | None = None
    follow_up: FollowUp | None = None


class Attempt(Noun):
    """An answer that was handed in; `question` is `bank/question`, `audio` the path of what was said.

    `self_rating` is the score that the person expects, 0 to 100. `delivery` holds the figures of how it was said;
    `doubt` is the share of its words that were heard with doubt, 0 to 1.
    """

    question: str
    at: Moment
    text: Words
    seconds: Seconds = 0.0
    mode: Mode = Mode.PRACTICE
    spoken: bool = False
    audio: Words | None = None
    delivery: dict[str, Any] | None = None
    doubt: float = Field(default=0.0, ge=0, le=1)
    hints: int = Field(default=0, ge=0)
    self_rating: Points | None = None
    follow_up: FollowUp | None = None

    @property
    def id(self) -> str:
        """A hash of what was asked, when, and what was said: the same attempt has the same id everywhere."""
        content = json.dumps([self.question, self.at.isoformat(), self.text])
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def helped(self) -> bool:
        """Whether a hint or a follow-up's nudge came before it."""
        return self.hints > 0 or self.follow_up is not None


class OwnVerdict(Noun):
    """A person's verdict on a criterion of an attempt, in place of the judge's."""

    criterion: str
    verdict: Decided
    author: str
    at: Moment


class Record(Noun):
    """An attempt with the judge's grade, the weights its score was computed with, and a person's own verdicts."""

    attempt: Attempt
    grade: Grade | None = None
    weights: Mapping[str, float] = Field(default_factory=dict)
    own_verdicts: tuple[OwnVerdict, ...] = ()
