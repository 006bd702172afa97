"""A grades file, read back line by line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from coach.errors import AnswerFileError, first_problem
from coach.terms import CriterionGrade, Grade

_OWN_KEYS = Grade.model_fields.keys() - {"carried"}
_NOT_A_GRADE = "is no grade{why}; give the JSON Lines that 'coach grade --out' writes"


class Graded(NamedTuple):
    """A line of a grades file: the object as it stands, and the grade it holds."""

    row: dict[str, Any]
    grade: Grade


def read_graded(path: Path) -> Iterator[Graded]:
    """Every grade of a JSON Lines file, in order; AnswerFileError names the line that is none."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _graded(line, f"{path}:{number}")
    except OSError as error:
        raise AnswerFileError(f"{path}: cannot be read: {error.strerror}") from None


def _graded(line: bytes, where: str) -> Graded:
    try:
        row = json.loads(line)
        return Graded(row, _grade(row))
    except ValidationError as error:
        why = f" ({first_problem(error)})"
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        why = ""
    raise AnswerFileError(f"{where}: {_NOT_A_GRADE.format(why=why)}")


def _grade(row: dict[str, Any]) -> Grade:
    own = {key: value for key, value in row.items() if key in _OWN_KEYS}
    names = {"id": row["id"] or "", "question": row["question"] or ""}
    criteria = [{k: v for k, v in each.items() if k in CriterionGrade.model_fields} for each in row["criteria"]]
    carried = {key: value for key, value in row.items() if key not in _OWN_KEYS}
    return Grade.model_validate(own | names | {"criteria": criteria, "carried": carried})
