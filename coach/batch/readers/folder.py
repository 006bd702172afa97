"""A folder of answers: each `<question-id>.md`, `.txt`, `.wav` or `.flac` is one, its path is its id."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from coach.batch.readers.encoding import encoding_of
from coach.batch.readers.records import AUDIO, BadRecordError, Columns, Row
from coach.errors import AnswerFileError

TEXTS = (".md", ".txt")
RECORDINGS = (".wav", ".flac")


class Folder(NamedTuple):
    """The answers in a folder and in those inside it, by path, hidden ones left out; or one such file.

    A folder inside that cannot be read is a record too, in the place of its answers.
    """

    path: Path
    columns: Columns

    @property
    def folder(self) -> Path:
        """Where recordings are looked for: their paths are whole."""
        return Path()

    def check(self) -> None:
        """Raise AnswerFileError where there is no answer, or the folder cannot be read."""
        if not self._files():
            named = ", ".join(f"<question-id>{suffix}" for suffix in TEXTS + RECORDINGS)
            raise AnswerFileError(f"{self.path}: has no answer in it; an answer is a file {named}")

    def length(self) -> int:
        """The number of records."""
        return len(self._files())

    def rows(self) -> Iterator[Row]:
        """A record a file."""
        return map(self._row, self._files())

    def _files(self) -> list[Path]:
        if not self.path.is_dir():
            return [self.path]
        closed: list[OSError] = []
        walk = os.walk(self.path, onerror=closed.append)
        found = [path for folder, _, names in walk for name in names if _is_answer(path := Path(folder, name))]
        found += [Path(error.filename) for error in closed]
        if self.path in found:
            raise AnswerFileError(f"{self.path}: cannot be read; may you open it?")
        return sorted(filter(self._is_shown, found))

    def _is_shown(self, path: Path) -> bool:
        return not any(part.startswith(".") for part in path.relative_to(self.path).parts)

    def _row(self, path: Path) -> Row:
        where = f"{path}:1"
        names = {self.columns.id: path.as_posix(), self.columns.question: path.stem}
        if path.suffix.lower() in RECORDINGS:
            return Row(where, names | {AUDIO: path.as_posix()})
        try:
            text = path.read_text(encoding=encoding_of(path), errors="replace")
        except (OSError, AnswerFileError):
            return Row(where, names, BadRecordError("cannot_be_read", "cannot be read; may you open it?"))
        return Row(where, names | {self.columns.answer: text})


def _is_answer(path: Path) -> bool:
    """Whether a file is one by its name; one that cannot be looked at is, so that it is not passed over."""
    try:
        return path.suffix.lower() in TEXTS + RECORDINGS and path.is_file()
    except PermissionError:
        return True
