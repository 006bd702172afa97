"""Answer files as a stream of records.

Each kind of file is a class with `check`, `length` and `rows`; what they have in common is in `records`.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from coach.batch.first_seen import FirstSeen
from coach.batch.readers.csv_file import CsvFile
from coach.batch.readers.folder import RECORDINGS, TEXTS, Folder
from coach.batch.readers.json_lines import STDIN, JsonLines, is_stream
from coach.batch.readers.parquet import ParquetTable
from coach.batch.readers.records import DEFAULT, Columns, Record, RecordReader, Row, Transcribe
from coach.batch.stores import AnyFile, StoredFile
from coach.errors import AnswerFileError
from coach.library import Library

__all__ = ["STDIN", "Columns", "Record", "Transcribe", "count_records", "is_stream", "read_records"]

_JSON_LINES = (".jsonl", ".ndjson", ".json", "")
_CSV = (".csv", ".tsv")
_PARQUET = (".parquet", ".pq")


class AnswerFile(Protocol):
    """A file of answers, or a folder of them."""

    @property
    def folder(self) -> Path:
        """Where recordings are looked for."""
        ...

    def check(self) -> None:
        """Raise AnswerFileError where it cannot be read at all."""
        ...

    def length(self) -> int | None:
        """The number of records; None where only reading them would tell."""
        ...

    def rows(self) -> Iterator[Row]:
        """The records as they stand in the file."""
        ...


def read_records(
    paths: Iterable[AnyFile],
    library: Library,
    columns: Columns = DEFAULT,
    transcribe: Transcribe | None = None,
) -> Iterator[Record]:
    """Read the records of several files and folders as one batch; `-` is standard input.

    Raises AnswerFileError at once, before the first record, for a file that cannot be read at all.
    """
    files = _answer_files(paths, columns)
    for file in files:
        file.check()
    return (record for file in files for record in _records(file, library, columns, transcribe))


def count_records(paths: Iterable[AnyFile], columns: Columns = DEFAULT) -> int | None:
    """How many records there are; None where only reading them would tell."""
    lengths = [file.length() for file in _answer_files(paths, columns)]
    return None if None in lengths else sum(length or 0 for length in lengths)


def _records(file: AnswerFile, library: Library, columns: Columns, transcribe: Transcribe | None) -> Iterator[Record]:
    with FirstSeen() as ids:
        reader = RecordReader(library, columns, transcribe, file.folder, ids)
        for number, row in enumerate(file.rows()):
            yield reader.record(number, row)


def _answer_files(paths: Iterable[AnyFile], columns: Columns) -> list[AnswerFile]:
    """The files; of several, the numbers that are ids begin with the file's name."""
    match list(paths):
        case [path]:
            return [_answer_file(path, columns, "")]
        case several:
            return [_answer_file(path, columns, f"{path}:") for path in several]


def _answer_file(path: AnyFile, columns: Columns, prefix: str) -> AnswerFile:
    suffix = path.suffix.lower()
    if isinstance(path, StoredFile):
        return _stored(path, suffix, columns, prefix)
    if path != STDIN:
        _look_for(path)
    if is_stream(path):
        return _stream(path, suffix)
    if path.is_dir() or suffix in TEXTS + RECORDINGS:
        return Folder(path, columns)
    if suffix in _CSV:
        return CsvFile(path, columns, prefix)
    if suffix in _PARQUET:
        return ParquetTable(path, columns, prefix)
    if suffix in _JSON_LINES:
        return JsonLines(path)
    raise AnswerFileError(f"{path}: is of no kind that coach reads; save it as .jsonl, .csv or .parquet")


def _look_for(path: Path) -> None:
    """Raise AnswerFileError where there is nothing, or nothing that may be seen."""
    try:
        path.stat()
    except FileNotFoundError:
        raise AnswerFileError(f"{path}: no such file or folder") from None
    except OSError as error:
        raise AnswerFileError(f"{path}: cannot be read: {error.strerror}") from None


def _stream(path: Path, suffix: str) -> AnswerFile:
    if suffix in _JSON_LINES:
        return JsonLines(path)
    raise AnswerFileError(f"{path}: is a pipe, from which coach reads JSON Lines alone; save it as a file")


def _stored(path: StoredFile, suffix: str, columns: Columns, prefix: str) -> AnswerFile:
    if suffix in _PARQUET:
        return ParquetTable(path, columns, prefix)
    if suffix in _JSON_LINES:
        return JsonLines(path)
    raise AnswerFileError(f"{path}: is of no kind that coach reads from a store; save it as .jsonl or .parquet")
