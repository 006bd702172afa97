"""The history as JSON Lines, a record a line, to be kept or taken elsewhere."""

from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from coach.errors import JournalError, first_problem
from coach.terms import Record


def export_lines(records: Iterable[Record]) -> Iterator[str]:
    """Each record as a line."""
    return (f"{record.model_dump_json(exclude_defaults=True)}\n" for record in records)


def read_export(lines: Iterable[bytes], name: str) -> Iterator[Record]:
    """The records of exported lines; JournalError names the file and line of one that is none."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _record(line, f"{name}:{number}")


def _record(line: bytes, where: str) -> Record:
    try:
        return Record.model_validate_json(line)
    except ValidationError as error:
        what = first_problem(error)
        raise JournalError(f"{where}: is no attempt of an exported history ({what}); nothing was imported") from None
