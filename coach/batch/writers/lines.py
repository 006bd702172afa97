"""A grade as a line of JSON."""

import json
from collections.abc import Container, Mapping
from typing import Any

from coach.batch.compact_json import compact_json
from coach.terms import Answer, CriterionGrade, Grade, Probabilities

OWN_KEYS = ("id", "question", "answer", "score", "criteria", "follow_ups", "judge", "error")
"""The keys of a grade in the order of the contract; the record's other keys come after them."""
INPUT = "input"


def grade_line(grade: Grade) -> str:
    """The grade as one JSON object."""
    return _line(grade_object(grade), grade.carried)


def line_for(answer: Answer, equal: str) -> str:
    """The line of an answer from that of an equal answer to the same question."""
    row = json.loads(equal)
    own = {key: row[key] for key in OWN_KEYS} | {"id": answer.id, "question": answer.question}
    return _line(own, answer.carried)


def _line(own: dict[str, Any], carried: Mapping[str, Any]) -> str:
    return compact_json(own | beside(own, carried)).decode()


def grade_object(grade: Grade) -> dict[str, Any]:
    """The grade as plain data; a record that could not be read has no id."""
    return {
        "id": grade.id or None,
        "question": grade.question or None,
        "answer": grade.answer,
        "score": grade.score,
        "criteria": [_criterion(each) for each in grade.criteria],
        "follow_ups": list(grade.follow_ups),
        "judge": grade.judge.model_dump() if grade.judge else None,
        "error": grade.error.model_dump() if grade.error else None,
    }


def beside(own: Container[str], carried: Mapping[str, Any]) -> dict[str, Any]:
    """What is carried; that which is called like one of our own keys moves into the object `input`."""
    free = {key: value for key, value in carried.items() if key not in own}
    if len(free) == len(carried):
        return free
    clashing = {key: value for key, value in carried.items() if key in own}
    kept = free.get(INPUT, {})
    return free | {INPUT: (kept if isinstance(kept, dict) else {INPUT: kept}) | clashing}


def _criterion(grade: CriterionGrade) -> dict[str, Any]:
    probabilities = grade.probabilities
    plain: dict[str, Any] = {
        "id": grade.id,
        "verdict": grade.verdict.value,
        "probabilities": _rounded(probabilities) if probabilities else None,
        "similarity": grade.similarity,
        "evidence": [{"start": start, "end": end, "text": text} for start, end, text in grade.evidence],
        "key": grade.key,
    }
    return plain | ({"reason": grade.reason} if grade.reason else {})


def _rounded(probabilities: Probabilities) -> dict[str, float]:
    covered, partial, missed, contradicted = probabilities
    return {
        "covered": round(covered, 4),
        "partial": round(partial, 4),
        "missed": round(missed, 4),
        "contradicted": round(contradicted, 4),
    }
