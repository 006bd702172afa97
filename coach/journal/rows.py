"""The nouns of practice as rows of the journal's tables, and back."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from coach.terms import Attempt, Card, Draft, FollowUp, Grade, OwnVerdict, Record, writable

Row = dict[str, Any]

_PLAIN = ("question", "text", "seconds", "hints")
_ATTEMPT = (*_PLAIN, "mode", "spoken", "audio", "doubt", "self_rating")
_DRAFT = (*_PLAIN, "audio")


def iso(at: datetime) -> str:
    """A moment in UTC as text that sorts by time."""
    return at.isoformat(timespec="microseconds")


def attempt_row(attempt: Attempt) -> Row:
    """An attempt as a row."""
    follow_up = attempt.follow_up
    return {name: getattr(attempt, name) for name in _ATTEMPT} | {
        "id": attempt.id,
        "at": iso(attempt.at),
        "delivery": _dumped(attempt.delivery),
        "follow_up_of": follow_up and follow_up.attempt,
        "criterion": follow_up and follow_up.criterion,
    }


def draft_row(draft: Draft) -> Row:
    """A draft as a row; a draft that follows up nothing has an empty criterion."""
    follow_up = draft.follow_up
    return {name: getattr(draft, name) for name in _DRAFT} | {
        "at": iso(draft.at),
        "transcript": _dumped(draft.transcript),
        "follow_up_of": follow_up and follow_up.attempt,
        "criterion": criterion_of(draft),
    }


def criterion_of(written: Draft | Attempt) -> str:
    """The criterion that is followed up, or an empty text."""
    return written.follow_up.criterion if written.follow_up else ""


def card_row(card: Card) -> Row:
    """A card as a row."""
    return card.model_dump() | {"due": iso(card.due), "last_review": iso(card.last_review)}


def grade_row(attempt: str, grade: Grade, weights: Mapping[str, float]) -> Row:
    """The grade of an attempt, with the weights of its criteria, as a row."""
    return {
        "attempt": attempt,
        "grade": writable(json.dumps(grade.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)),
        "weights": json.dumps(dict(weights)),
    }


def verdict_row(attempt: str, own: OwnVerdict) -> Row:
    """A person's verdict on a criterion of an attempt as a row."""
    return own.model_dump() | {"attempt": attempt, "at": iso(own.at)}


def draft_of(row: Row) -> Draft:
    """The draft of a row."""
    return Draft(
        at=row["at"],
        transcript=_loaded(row["transcript"]),
        follow_up=_follow_up(row),
        **{name: row[name] for name in _DRAFT},
    )


def record_of(row: Row) -> Record:
    """The record of an attempt's row with its grade's and its verdicts'."""
    attempt = Attempt(
        at=row["at"],
        delivery=_loaded(row["delivery"]),
        follow_up=_follow_up(row),
        **{name: row[name] for name in _ATTEMPT},
    )
    return Record(
        attempt=attempt,
        grade=row["grade"] and Grade.model_validate_json(row["grade"]),
        weights=_loaded(row["weights"]) or {},
        own_verdicts=tuple(map(OwnVerdict.model_validate, _loaded(row["own_verdicts"]))),
    )


def _dumped(data: dict[str, Any] | None) -> str | None:
    return None if data is None else json.dumps(data)


def _loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _follow_up(row: Row) -> FollowUp | None:
    if row["follow_up_of"] is None:
        return None
    return FollowUp(attempt=row["follow_up_of"], criterion=row["criterion"])
