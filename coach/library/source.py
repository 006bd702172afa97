"""One bank file: YAML in, a checked `Bank` out, and every problem with its line.

The YAML is composed into nodes first, so that each value keeps the line it stands on and a
key given twice is seen; pydantic then checks the values, and its errors are put back on lines.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from coach.errors import BankError, Problem
from coach.terms import Bank

Loc = tuple[str | int, ...]
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_ALLOWED = {
    "extra_forbidden": "unknown key; allowed here: {keys}",
    "missing": "is missing",
    "string_too_short": "is empty; give it a text",
    "string_type": "must be a text; put it in quotes if it looks like a number or a date",
    "string_pattern_mismatch": "{value!r} is not an id; use lower case letters, digits and hyphens",
    "greater_than": "{value!r} is not a weight; use a positive number",
    "less_than_equal": "{value!r} is too large; use a number up to 1000",
    "finite_number": "{value!r} is not a weight; use a positive number",
    "float_type": "{value!r} is not a weight; use a positive number",
    "float_parsing": "{value!r} is not a weight; use a positive number",
    "too_short": "needs at least one",
    "too_long": "has more than 12; split the question in two",
    "tuple_type": "must be a list: lines that begin with '- '",
    "model_type": "must be a mapping: lines of 'key: value'",
    "model_attributes_type": "must be a mapping: lines of 'key: value'",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
}
"""What a person is told for each pydantic error type."""

_KEYS = {
    0: "bank, title, questions, draft",
    2: "id, level, question, hint, criteria, reference, tags",
    4: "id, text, weight, follow_up",
}
"""Keys allowed by depth: in a bank, a question, a criterion."""


def read_bank(path: Path) -> Bank:
    """Read one bank file; BankError lists every problem as `file:line: key: what is wrong`."""
    text = _read_text(path)
    node = _compose(path, text)
    reading = _Reading(path)
    data = reading.value(node, ())
    problems = [*reading.problems, *reading.twins(data.get("questions"), ("questions",))]
    try:
        bank = Bank.model_validate(data)
    except ValidationError as error:
        problems += reading.explain(error)
    if problems:
        raise BankError(sorted(problems, key=lambda p: p.line))
    return bank


def dump_bank(bank: Bank, comment: str = "") -> str:
    """The bank as YAML that `read_bank` reads back the same."""
    data = bank.model_dump(exclude_defaults=True, mode="json")
    header = "".join(f"# {line}\n" for line in comment.splitlines())
    return header + yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise BankError([Problem(str(path), line, "file", "is not UTF-8; save it as UTF-8")]) from None
    except OSError as error:
        raise BankError([Problem(str(path), 1, "file", f"cannot be read: {error.strerror}")]) from None


def _compose(path: Path, text: str) -> yaml.Node:
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BankError([Problem(str(path), line, "yaml", f"{error.problem}; check indentation and quotes")]) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise BankError([Problem(str(path), 1, "yaml", f"cannot be read: {str(error).splitlines()[0]}")]) from None
    if not isinstance(node, yaml.MappingNode):
        raise BankError([Problem(str(path), 1, "file", "is no bank; it must begin with 'bank: <id>'")])
    return node


class _Reading:
    """The values of a node tree, the line of each, and what was wrong on the way."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Loc, int] = {}
        self.problems: list[Problem] = []
        self._constructor = yaml.SafeLoader("")

    def value(self, node: yaml.Node, loc: Loc) -> Any:
        """The node as plain data."""
        self.lines.setdefault(loc, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, loc)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*loc, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, loc)

    def _scalar(self, node: yaml.Node, loc: Loc) -> Any:
        try:
            return self._constructor.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError) as error:
            self.problem(loc, f"cannot be read: {str(error).splitlines()[0]}")
            return node.value

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in found:
                first = self.lines[(*loc, key)]
                self.problems.append(
                    Problem(str(self.path), line, named((*loc, key)), f"stands twice (first in line {first})")
                )
                continue
            self.lines[(*loc, key)] = line
            found[key] = self.value(value_node, (*loc, key))
        return found

    def problem(self, loc: Loc, message: str) -> None:
        """Note a problem at a place."""
        self.problems.append(Problem(str(self.path), self.line(loc), named(loc), message))

    def line(self, loc: Loc) -> int:
        """The line of a place, or of the nearest that is there."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return self.lines.get(loc, 1)

    def explain(self, error: ValidationError) -> Iterator[Problem]:
        """Pydantic's errors as problems on lines.

        Left out: ids found twice, which `twins` tells better, and lists called too short because
        pydantic has dropped their bad items.
        """
        details = error.errors(include_url=False)
        places = [tuple(detail["loc"]) for detail in details]
        for detail, loc in zip(details, places, strict=True):
            spoilt = detail["type"] == "too_short" and any(p[: len(loc)] == loc and p != loc for p in places)
            if detail["type"] != "duplicate_id" and not spoilt:
                template = _ALLOWED.get(detail["type"])
                keys = _KEYS.get(len(loc) - 1, "")
                message = template.format(value=detail["input"], keys=keys) if template else detail["msg"]
                yield Problem(str(self.path), self.line(loc), named(loc), message)

    def twins(self, items: Any, loc: Loc) -> Iterator[Problem]:
        """Ids that stand twice in a list of mappings."""
        first: dict[str, int] = {}
        for i, item in enumerate(_mappings(items)):
            name, line = item.get("id"), self.line((*loc, i, "id"))
            if isinstance(name, str) and name in first:
                message = f"{name!r} is taken (line {first[name]}); ids are unique among {loc[-1]}"
                yield Problem(str(self.path), line, named((*loc, i, "id")), message)
            elif isinstance(name, str):
                first[name] = line
            yield from self.twins(item.get("criteria"), (*loc, i, "criteria"))


def _mappings(items: Any) -> list[dict[str, Any]]:
    """The items of a list, those that are no mappings emptied, so that indices stay."""
    return [item if isinstance(item, dict) else {} for item in items] if isinstance(items, list) else []


def named(loc: Loc) -> str:
    """A place as a person writes it: `questions[2].criteria[0].weight`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return "".join(steps).lstrip(".") or "file"
