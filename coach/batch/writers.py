"""A grade as a line of JSON."""

import json
from typing import Any

from coach.terms import CriterionGrade, Grade


def grade_line(grade: Grade) -> str:
    """The grade as one JSON object, keys in the order of the contract, the record's other keys after them."""
    own = grade_object(grade)
    clashes = {key: value for key, value in grade.carried.items() if key in own}
    others = {key: value for key, value in grade.carried.items() if key not in own}
    whole = own | others | ({"input": clashes} if clashes else {})
    text = json.dumps(whole, ensure_ascii=False)
    return text if _encodable(text) else json.dumps(whole)


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


def _criterion(grade: CriterionGrade) -> dict[str, Any]:
    probabilities = grade.probabilities
    plain: dict[str, Any] = {
        "id": grade.id,
        "verdict": grade.verdict.value,
        "probabilities": {k: round(p, 4) for k, p in probabilities._asdict().items()} if probabilities else None,
        "similarity": grade.similarity,
        "evidence": [quote._asdict() for quote in grade.evidence],
        "key": grade.key,
    }
    return plain | ({"reason": grade.reason} if grade.reason else {})


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
