"""Grades as the rows of a table, for CSV and Parquet.

A criterion's verdict has the column `<question>/<criterion>`, which is empty for answers to other questions; where some
answers call the question `<bank>/<question>`, it is the same and has one column. The
column `criteria` keeps all that is known of them as JSON. A carried key that is called like another column moves into
the column `input`, as JSON.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple, Self

from coach.batch.writers.lines import INPUT, OWN_KEYS, beside
from coach.terms import writable

Cell = str | int | float | bool | None

_BEFORE = ("id", "question", "answer", "score")
_AFTER = (
    "follow_ups",
    "judge",
    "judge_model",
    "judge_prompt",
    "error_code",
    "error_message",
    "error_where",
    "criteria",
)
_LARGEST = 2**63


class Kind(Enum):
    """What a column holds."""

    NOTHING = "nothing"
    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    TEXT = "text"

    @classmethod
    def of(cls, value: object) -> "Kind":
        """The kind of a value; lists, objects and numbers beyond 64 bits are kept as text."""
        if isinstance(value, int) and abs(value) >= _LARGEST:
            return cls.TEXT
        return _KINDS.get(type(value), cls.TEXT)

    def joined(self, other: "Kind") -> "Kind":
        """The kind of a column that holds both."""
        kinds = {self, other} - {Kind.NOTHING}
        if len(kinds) > 1:
            return Kind.FLOAT if kinds == {Kind.INT, Kind.FLOAT} else Kind.TEXT
        return kinds.pop() if kinds else Kind.NOTHING


_KINDS = {type(None): Kind.NOTHING, bool: Kind.BOOL, int: Kind.INT, float: Kind.FLOAT}


class Table(NamedTuple):
    """The columns of a file of grades in order, what each holds, and which of them are not carried."""

    columns: Mapping[str, Kind]
    own: frozenset[str]

    @classmethod
    def of(cls, lines: Iterable[str]) -> Self:
        """The columns that some lines need; verdicts and carried keys stand in the order in which they were met."""
        verdicts: dict[str, Kind] = {}
        carried: dict[str, Kind] = {}
        for row in map(json.loads, lines):
            verdicts |= dict.fromkeys(_verdicts(row), Kind.TEXT)
            for key, value in _carried(row).items():
                carried[key] = Kind.of(value).joined(carried.get(key, Kind.NOTHING))
        verdicts = {_short(name) if _short(name) in verdicts else name: kind for name, kind in verdicts.items()}
        own = dict.fromkeys(_BEFORE, Kind.TEXT) | {"score": Kind.FLOAT} | verdicts | dict.fromkeys(_AFTER, Kind.TEXT)
        clashing = carried.keys() & own.keys()
        free = {key: kind for key, kind in carried.items() if key not in clashing}
        return cls(own | free | ({INPUT: Kind.TEXT} if clashing else {}), frozenset(own))

    @property
    def names(self) -> list[str]:
        """The columns' names, as every encoding can write them."""
        return [writable(name) for name in self.columns]

    def rows(self, lines: Iterable[str]) -> Iterator[list[Cell]]:
        """The cells of each line."""
        for row in map(json.loads, lines):
            verdicts = {name if name in self.own else _short(name): each for name, each in _verdicts(row).items()}
            cells = beside(self.own, _carried(row)) | _own(row) | verdicts
            yield [_cell(cells.get(name), kind) for name, kind in self.columns.items()]


def is_of_grades(columns: Collection[str]) -> bool:
    """Whether a table with these columns is one that coach has written."""
    return all(name in columns for name in _AFTER)


def _own(row: Mapping[str, Any]) -> dict[str, Any]:
    judge, error = row["judge"] or {}, row["error"] or {}
    return (
        {key: row[key] for key in _BEFORE}
        | {"follow_ups": "\n".join(row["follow_ups"]), "criteria": row["criteria"]}
        | {"judge": judge.get("name"), "judge_model": judge.get("model"), "judge_prompt": judge.get("prompt")}
        | {f"error_{key}": error.get(key) for key in ("code", "message", "where")}
    )


def _verdicts(row: Mapping[str, Any]) -> dict[str, str]:
    return {f"{row['question']}/{each['id']}": each["verdict"] for each in row["criteria"]}


def _short(column: str) -> str:
    """The column of a verdict without the bank."""
    return "/".join(column.split("/")[-2:])


def _carried(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in OWN_KEYS}


def _cell(value: Any, kind: Kind) -> Cell:
    if value is None or kind in (Kind.BOOL, Kind.INT):
        return value  # type: ignore[no-any-return]
    if kind is Kind.FLOAT:
        return float(value)
    return writable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
