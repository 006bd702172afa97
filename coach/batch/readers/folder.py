"""A folder of answers: each `<question-id>.md`, `.txt`, `.wav` or `.flac` is one, its path is its id."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from coach.batch.readers.encoding import encoding_of
from coach.batch.readers.records import AUDIO, BadRecordError, Columns, Row
from coach.errors import AnswerFileError

TEXTS = (".md", ".txt")
RECORDINGS = (".wav", ".flac")


class Folder(NamedTuple):
    """The answers in a folder and in those inside it, by path, hidden ones left out; or one such file."""

    path: Path
    columns: Columns

    @property
    def folder(self) -> Path:
        """Where recordings are looked for: their paths are whole."""
        return Path()

    def check(self) -> None:
        """Raise AnswerFileError where there is no answer."""
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
        return sorted(path for path in self.path.rglob("*") if self._is_answer(path))

    def _is_answer(self, path: Path) -> bool:
        inside = path.relative_to(self.path).parts
        hidden = any(part.startswith(".") for part in inside)
        return path.suffix.lower() in TEXTS + RECORDINGS and not hidden and path.is_file()

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
