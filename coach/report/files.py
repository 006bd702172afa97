"""Output that appears whole or not at all."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from coach.errors import OutputError


@contextmanager
def replacing(out: Path) -> Iterator[TextIOWrapper]:
    """A file to write that takes the place of `out` when all is written; OutputError where it cannot."""
    part = out.with_name(out.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error.strerror}; name another file") from None
    finally:
        part.unlink(missing_ok=True)


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
