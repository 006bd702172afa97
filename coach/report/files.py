"""Output that appears whole or not at all."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from coach.errors import OutputError
from coach.placing import in_place_of


@contextmanager
def replacing(out: Path) -> Iterator[TextIOWrapper]:
    """A file to write that takes the place of `out` when all is written; OutputError where it cannot."""
    try:
        with in_place_of(out) as part, part.open("w", encoding="utf-8", newline="\n") as file:
            yield file
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error.strerror}; name another file") from None


def json_line(row: dict[str, Any]) -> str:
    """An object as a line of JSON; in ASCII where it holds a lone surrogate, which UTF-8 cannot write."""
    text = json.dumps(row, ensure_ascii=False)
    return (text if text.isascii() or _encodable(text) else json.dumps(row)) + "\n"


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
