"""JSON Lines: one object a line, UTF-8."""

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from coach.batch.readers.records import BadRecordError, Row
from coach.batch.stores import AnyFile, StoredFile
from coach.errors import AnswerFileError

STDIN = Path("-")


def is_stream(path: AnyFile) -> bool:
    """Whether what it holds is gone once it is read, as with standard input and pipes."""
    return path == STDIN or (isinstance(path, Path) and not path.is_file() and not path.is_dir())


class JsonLines(NamedTuple):
    """A JSON Lines file, standard input, or another pipe."""

    path: AnyFile

    @property
    def folder(self) -> Path:
        """Where recordings are looked for."""
        return self.path.parent

    def check(self) -> None:
        """Raise AnswerFileError where it cannot be read; a pipe is opened once alone, to be read."""
        if self.path == STDIN or not is_stream(self.path):
            with self._opened():
                pass

    def length(self) -> int | None:
        """The number of records; None where only reading them would tell."""
        return None if is_stream(self.path) or isinstance(self.path, StoredFile) else sum(1 for _ in self._lines())

    def rows(self) -> Iterator[Row]:
        """The object of each line."""
        name = "<stdin>" if self.path == STDIN else str(self.path)
        for number, line in self._lines():
            yield _row(f"{name}:{number}", line)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """The lines with their numbers, blank ones left out."""
        with self._opened() as file:
            for number, raw in enumerate(file, 1):
                line = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
                if line.strip():
                    yield number, line

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        """The file, open; AnswerFileError where it cannot be opened, or read while it is."""
        if self.path == STDIN:
            yield _standard_input()
            return
        try:
            with self.path.open("rb") as file:
                yield file
        except OSError as error:
            raise AnswerFileError(f"{self.path}: cannot be read: {error.strerror or error}") from None


def _standard_input() -> IO[bytes]:
    if sys.stdin is None:
        raise AnswerFileError("standard input is closed; pipe the answers in, or name their file")
    return sys.stdin.buffer


def _row(where: str, line: bytes) -> Row:
    try:
        return Row(where, _object(line))
    except BadRecordError as bad:
        return Row(where, {"input": line.decode(errors="replace").strip()}, bad)


def _object(line: bytes) -> dict[str, Any]:
    try:
        data = _JSON.decode(line.decode())
    except UnicodeDecodeError as error:
        raise BadRecordError(
            "not_utf8", f"is not UTF-8 (byte {error.start + 1} of the line); save the file as UTF-8"
        ) from None
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", str(error))
        raise BadRecordError("not_json", f"is not JSON: {reason}; write one object a line") from None
    if not isinstance(data, dict):
        raise BadRecordError("not_object", 'is not a JSON object; write {"id": ..., "question": ..., "answer": ...}')
    return data


def _finite(number: str) -> float:
    """The number; ValueError for NaN, Infinity and what is too large, which could not be written again."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number} is no number that JSON can hold")
    return value


_JSON = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)
