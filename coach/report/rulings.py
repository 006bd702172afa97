"""What people ruled on the criteria of a grades file, kept beside it.

Each ruling is one line, on disk before the next is asked for; the last on a criterion counts. A ruling names the
answer by its question and a digest of its text too: it is on no other question's answer, and does not outlive a change
of the answer. One that names no question counts where it fits the answer to one question alone.
"""

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Self

from pydantic import AwareDatetime, ValidationError

from coach.errors import AnswerFileError, OutputError, first_problem
from coach.placing import is_one_file
from coach.report.graded import read_graded
from coach.terms import Decided, Grade, Verdict
from coach.terms.model import Noun

LONGEST_LINE = 1 << 16
"""Bytes from the end of the file in which its last line begins."""


class Ruling(Noun):
    """A person's verdict on one criterion of one answer; `answer` is the digest of its text."""

    id: str
    question: str | None = None
    criterion: str
    verdict: Decided
    author: str
    at: AwareDatetime
    answer: str

    @classmethod
    def on(cls, grade: Grade, criterion: str, verdict: Verdict, author: str, at: datetime) -> Self:
        """A ruling on a criterion of a graded answer."""
        place = {"id": grade.id, "question": grade.question, "answer": digest(grade.answer)}
        return cls(**place, criterion=criterion, verdict=verdict, author=author, at=at)


def rulings_of(grades: Path) -> Path:
    """The file of the rulings on a file of grades, beside it."""
    return grades.with_name(grades.name + ".reviews.jsonl")


def keep_apart(out: Path, grades: Path | None, *others: Path | None) -> None:
    """Raise OutputError where `out` is the file of grades, its rulings or another of a command's files."""
    taken = (*others, grades, grades and rulings_of(grades))
    if any(other and is_one_file(out, other) for other in taken):
        raise OutputError(f"{out}: is another file of this command, or its reviews; name another file")


class Rulings:
    """The rulings beside a grades file."""

    def __init__(self, grades: Path) -> None:
        self.path = rulings_of(grades)
        self._last = {_key(each): each for each in _with_questions(list(_read(self.path)), grades)}

    def __len__(self) -> int:
        return len(self._last)

    def get(self, grade: Grade, criterion: str) -> Ruling | None:
        """The ruling that counts on a criterion of a graded answer."""
        return self._last.get((grade.id, grade.question, digest(grade.answer), criterion)) if self._last else None

    def add(self, ruling: Ruling) -> None:
        """Keep a ruling; it is on disk when this returns."""
        try:
            with self.path.open("ab+") as file:
                _mend_last_line(file)
                file.write(ruling.model_dump_json().encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written: {error.strerror}; the verdict is not kept") from None
        self._last[_key(ruling)] = ruling


def digest(answer: str) -> str:
    """The name of an answer's text."""
    return hashlib.sha256(answer.encode(errors="surrogatepass")).hexdigest()[:32]


def _key(ruling: Ruling) -> tuple[str, str | None, str, str]:
    return ruling.id, ruling.question, ruling.answer, ruling.criterion


def _with_questions(rulings: Sequence[Ruling], grades: Path) -> Iterator[Ruling]:
    """The rulings with their questions; one that names none and fits several is left out."""
    fitting = _fitting(grades) if any(each.question is None for each in rulings) else {}
    for ruling in rulings:
        questions = fitting.get((ruling.id, ruling.answer, ruling.criterion), set())
        if ruling.question is not None:
            yield ruling
        elif len(questions) == 1:
            yield ruling.model_copy(update={"question": next(iter(questions))})


def _fitting(grades: Path) -> dict[tuple[str, str, str], set[str]]:
    """The questions by an answer's id, the digest of its text and a criterion's id."""
    questions = defaultdict(set)
    for _, grade in read_graded(grades):
        text = digest(grade.answer)
        for each in grade.criteria:
            questions[grade.id, text, each.id].add(grade.question)
    return questions


def _read(path: Path) -> Iterator[Ruling]:
    """The rulings of a file, if it is there; what a crash left of a last line is passed over."""
    if not path.exists():
        return
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise AnswerFileError(f"{path}: cannot be read: {error.strerror}") from None
    ended, last = lines[:-1], lines[-1]
    for number, line in enumerate(ended, 1):
        yield _ruling(line, f"{path}:{number}")
    if _is_whole(last):
        yield _ruling(last, f"{path}:{len(lines)}")


def _ruling(line: bytes, where: str) -> Ruling:
    try:
        return Ruling.model_validate_json(line)
    except ValidationError as error:
        raise AnswerFileError(f"{where}: is no review ({first_problem(error)}); mend the line or take it out") from None


def _mend_last_line(file: IO[bytes]) -> None:
    """End the last line, or cut it off where a crash left only a part of it."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - LONGEST_LINE))
    last = file.read().rpartition(b"\n")[2]
    if _is_whole(last):
        file.write(b"\n")
    else:
        file.truncate(size - len(last))


def _is_whole(line: bytes) -> bool:
    return line.endswith(b"}")
