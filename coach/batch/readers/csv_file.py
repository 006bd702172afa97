"""CSV as spreadsheets write it: any usual delimiter and encoding, a header row, cells with line breaks."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from coach.batch.formulas import armed
from coach.batch.readers.encoding import encoding_of
from coach.batch.readers.header import check_header
from coach.batch.readers.records import BadRecordError, Columns, Row
from coach.batch.writers.table import is_of_grades
from coach.errors import AnswerFileError

DELIMITERS = ",;\t|"
RARE = ": "
"""Delimiters that stand in the words of a header as well: for tables that no other divides."""
LONGEST_CELL = 1_000_000
"""Code points that a cell may have."""
UNCLOSED = 16
"""A cell so many times as long is taken for one whose quote was never closed."""
_NAMED = re.compile(r'sep=([^"\r\n])\s*')
"""A first line that names the delimiter, as Excel reads it."""


class CsvFile(NamedTuple):
    """A table of text; without an id column a record's id is `prefix` and its row's number, from 1."""

    path: Path
    columns: Columns
    prefix: str

    @property
    def folder(self) -> Path:
        """Where recordings are looked for."""
        return self.path.parent

    def check(self) -> None:
        """Raise AnswerFileError where it cannot be read, is empty or lacks a column."""
        self._layout()

    def length(self) -> int:
        """The number of records."""
        return sum(1 for _ in self.rows())

    def rows(self) -> Iterator[Row]:
        """The cells of each row under their columns' names; a row of empty cells is no record."""
        layout = self._layout()
        with self.path.open(encoding=layout.encoding, errors="replace", newline="") as file:
            found = _cells(file, layout.delimiter)
            next(found)
            for number, row in enumerate(found, 1):
                yield layout.row(f"{self.path}:{row.line}", f"{self.prefix}{number}", row)

    def _layout(self) -> "Layout":
        encoding = encoding_of(self.path)
        with self.path.open(encoding=encoding, errors="replace", newline="") as file:
            named = _NAMED.fullmatch(file.readline())
            headers = {each: _header(file, each) for each in (named[1] if named else DELIMITERS + RARE)}
        delimiter = self._dividing(headers)
        names, defused = headers[delimiter], is_of_grades(headers[delimiter])
        if defused:
            names = list(map(armed, names))
        if not any(names):
            header = ",".join(self.columns)
            raise AnswerFileError(f"{self.path}:1: has no header; a CSV file begins with its column names: {header}")
        check_header(f"{self.path}:1", names, self.columns)
        return Layout(encoding, delimiter, names, self.columns, defused)

    def _dividing(self, headers: Mapping[str, Sequence[str]]) -> str:
        """The delimiter that finds the most of the columns asked for, or else the most columns."""
        usual = [each for each in headers if each not in RARE and len(headers[each]) > 1]
        return max(usual or headers, key=lambda each: (len({*headers[each]} & {*self.columns}), len(headers[each])))


class Layout(NamedTuple):
    """How a CSV file is written, found out from its header row; coach itself defuses formulas in its cells."""

    encoding: str
    delimiter: str
    names: Sequence[str]
    columns: Columns
    defused: bool

    def row(self, where: str, name: str, row: "Cells") -> Row:
        """The record of a row of cells; `name` is its id where it has none of its own."""
        if row.problem:
            why = f"is not CSV: {row.problem}; quote the whole cell, and write a quote inside it twice"
            return Row(where, {"input": row.cells[0]}, BadRecordError("not_csv", why))
        cells = map(armed, row.cells) if self.defused else row.cells
        named = {self.columns.id: name} | dict(zip(self.names, cells, strict=False))
        return Row(where, named | _rest(row.cells[len(self.names) :]), self._problem(row.cells))

    def _problem(self, cells: Sequence[str]) -> BadRecordError | None:
        if (longest := max(map(len, cells))) > LONGEST_CELL:
            why = f"has a cell of {longest:,} characters; coach reads up to {LONGEST_CELL:,}: shorten it"
            return BadRecordError("cell_too_long", why)
        if len(cells) != len(self.names):
            count = f"has {len(cells)} cells where the header has {len(self.names)}"
            why = f"{count}; quote a cell that has {self.delimiter!r} or a line break in it"
            return BadRecordError("wrong_columns", why)
        return None


class Cells(NamedTuple):
    """A row of cells and the line it begins in; the line alone where it is no CSV, with the reason."""

    line: int
    cells: Sequence[str]
    problem: str | None = None


def _header(file: Iterable[str], delimiter: str) -> list[str]:
    """The names in the header row, read from the file's beginning; unnamed columns are named by their number."""
    file.seek(0)  # type: ignore[attr-defined]
    first = next(_cells(file, delimiter), Cells(1, []))
    names = [name.strip() for name in first.cells] if not first.problem else []
    return [name or f"column {i}" for i, name in enumerate(names, 1)] if any(names) else []


def _cells(file: Iterable[str], delimiter: str) -> Iterator[Cells]:
    """Each row that is not blank; after one that is not CSV reading goes on with the next line."""
    csv.field_size_limit(UNCLOSED * LONGEST_CELL)
    lines = _Lines(file)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.begin_record()
        try:
            if any(map(str.strip, cells := next(reader))):
                yield Cells(line, cells)
        except StopIteration:
            return
        except csv.Error as error:
            yield Cells(line, [lines.keep_first().strip()], str(error))


def _rest(cells: Sequence[str]) -> dict[str, str]:
    return {"input": "\n".join(cells)} if cells else {}


class _Lines(Iterator[str]):
    """Lines of which all but a record's first can be put back; one that names the delimiter is passed over."""

    def __init__(self, file: Iterable[str]) -> None:
        self._file = iter(file)
        self._back: deque[str] = deque()
        self._taken: list[str] = []
        self._next = 1
        self._back.extend(islice(self._file, 1))
        if self._back and _NAMED.fullmatch(self._back[0]):
            self._taken.append(self._back.popleft())

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._file)
        self._taken.append(line)
        return line

    def begin_record(self) -> int:
        """The number of the next line, with which a record begins."""
        self._next += len(self._taken)
        self._taken.clear()
        return self._next

    def keep_first(self) -> str:
        """Put back what was read of this record but its first line."""
        first, *rest = self._taken
        self._back.extendleft(reversed(rest))
        self._taken = [first]
        return first
