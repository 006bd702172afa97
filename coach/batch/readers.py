"""Answer files as a stream of records.

A record that cannot be graded carries its error instead of an answer, and never stops the rest.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from coach.errors import AnswerFileError
from coach.library import Library
from coach.terms import Answer, GradeError, Question

STDIN = Path("-")
_OWN_KEYS = ("id", "question", "answer")
_JSON_TYPES = {
    bool: "true or false",
    dict: "an object",
    float: "a number",
    int: "a number",
    list: "a list",
    type(None): "null",
}


class Record(NamedTuple):
    """One answer with its question, or the error that stands in its place."""

    where: str
    answer: Answer
    question: Question | None
    error: GradeError | None = None


class BadRecordError(ValueError):
    """A record that cannot be graded: a code and what to do."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def read_records(paths: Iterable[Path], library: Library) -> Iterator[Record]:
    """Read the records of several files as one batch; `-` is standard input.

    Raises AnswerFileError for a file that cannot be read at all.
    """
    for path in paths:
        yield from _read_file(path, library)


def _read_file(path: Path, library: Library) -> Iterator[Record]:
    seen: set[str] = set()
    for where, raw in _lines(path):
        yield _record(where, raw, library, seen)


def _lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """The lines of a JSON Lines file with their places, blank ones left out."""
    name = "<stdin>" if path == STDIN else str(path)
    with _opened(path) as file:
        for number, raw in enumerate(file, 1):
            line = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
            if line.strip():
                yield f"{name}:{number}", line


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if path == STDIN:
        yield sys.stdin.buffer
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise AnswerFileError(f"{path}: cannot be read: {error.strerror}") from None
    with file:
        yield file


def _record(where: str, raw: bytes, library: Library, seen: set[str]) -> Record:
    data: Mapping[str, Any] = {"input": raw.decode(errors="replace").strip()}
    try:
        data = _object(raw)
        answer = _answer(data)
        if answer.id in seen:
            raise BadRecordError(
                "duplicate_id", f"the id {answer.id!r} is taken by an earlier record; ids are unique in a file"
            )
        seen.add(answer.id)
        return Record(where, answer, _question(answer, library))
    except BadRecordError as bad:
        error = GradeError(code=bad.code, message=str(bad), where=where)
        return Record(where, _what_there_is(data), None, error)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        data = json.loads(raw.decode())
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


def _answer(data: Mapping[str, Any]) -> Answer:
    text = without_surrogates(_text(data, "answer"))
    carried = {key: value for key, value in data.items() if key not in _OWN_KEYS}
    if not text.strip():
        raise BadRecordError("empty_answer", "the answer is empty; leave the record out or give its text")
    return Answer(id=_text(data, "id"), question=_text(data, "question"), text=text, carried=carried)


def _text(data: Mapping[str, Any], key: str) -> str:
    if key not in data:
        raise BadRecordError("missing_key", f"has no {key!r}; a record needs id, question and answer")
    value = data[key]
    if key == "id" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise BadRecordError("wrong_type", f"{key!r} is {_JSON_TYPES[type(value)]}; it must be a text")
    if key != "answer" and not value.strip():
        raise BadRecordError("empty_key", f"{key!r} is empty; it must be a text")
    return value


def _question(answer: Answer, library: Library) -> Question:
    try:
        return library.find(answer.question)
    except KeyError as error:
        raise BadRecordError("no_such_question", str(error.args[0])) from None


def _what_there_is(data: Mapping[str, Any]) -> Answer:
    """What can be carried of a bad record, so that nothing is lost."""
    own = {key: value if isinstance(value := data.get(key), str) else "" for key in _OWN_KEYS}
    carried = {key: value for key, value in data.items() if key not in _OWN_KEYS}
    return Answer(id=own["id"], question=own["question"], text=own["answer"], carried=carried)


def without_surrogates(text: str) -> str:
    """Lone surrogates, which no encoding can write, become U+FFFD; offsets stay."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
