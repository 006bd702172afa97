"""Parquet, row group by row group."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from coach.batch.readers.header import check_header
from coach.batch.readers.records import BadRecordError, Columns, Row
from coach.batch.stores import AnyFile, StoredFile
from coach.errors import AnswerFileError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROWS = 256
"""Rows decoded at once."""
_BUFFER = 1 << 16


class ParquetTable(NamedTuple):
    """A Parquet file; without an id column a record's id is `prefix` and its row's number, from 1."""

    path: AnyFile
    columns: Columns
    prefix: str

    @property
    def folder(self) -> Path:
        """Where recordings are looked for."""
        return self.path.parent

    def check(self) -> None:
        """Raise AnswerFileError where it is no Parquet file or lacks a column."""
        with self._opened() as file:
            check_header(str(self.path), file.schema_arrow.names, self.columns)

    def length(self) -> int:
        """The number of records."""
        with self._opened() as file:
            return int(file.metadata.num_rows)

    def rows(self) -> Iterator[Row]:
        """The values of each row, as JSON knows them."""
        with self._opened() as file:
            number = 0
            for batch in file.iter_batches(ROWS, use_threads=False):
                for data, problem in _rows(batch):
                    number += 1
                    yield Row(f"{self.path}:{number}", {self.columns.id: f"{self.prefix}{number}"} | data, problem)

    @contextmanager
    def _opened(self) -> "Iterator[pq.ParquetFile]":
        import pyarrow as pa  # 0.1 s
        import pyarrow.parquet as pq

        source, why = (self.path.url, self.path.why) if isinstance(self.path, StoredFile) else (str(self.path), str)
        try:
            with pq.ParquetFile(source, buffer_size=_BUFFER, pre_buffer=False) as file:
                yield file
        except (pa.ArrowException, OSError) as error:
            raise AnswerFileError(f"{self.path}: cannot be read as Parquet: {why(error)}") from None


def _rows(batch: "pa.RecordBatch") -> Iterator[tuple[dict[str, Any], BadRecordError | None]]:
    """The rows of a batch, each with what is wrong with it; cell by cell where Python cannot hold one of them."""
    try:
        rows = batch.to_pylist()
    except (ValueError, OverflowError):
        yield from (_cell_by_cell(batch.slice(i, 1)) for i in range(batch.num_rows))
        return
    for row in rows:
        yield {name: as_json(value) for name, value in row.items()}, None


def _cell_by_cell(row: "pa.RecordBatch") -> tuple[dict[str, Any], BadRecordError | None]:
    data, problem = {}, None
    for name, cell in zip(row.schema.names, row.columns, strict=True):
        try:
            data[name] = as_json(cell[0].as_py())
        except (ValueError, OverflowError) as error:
            data[name] = _as_text(cell)
            problem = _problem(name, error) or problem
    return data, problem


def _problem(name: str, error: Exception) -> BadRecordError | None:
    """What is wrong with a cell; nothing where it holds nanoseconds, which Python has no type for."""
    if isinstance(error, UnicodeDecodeError):
        return BadRecordError("not_utf8", f"{name!r} is not UTF-8; write the column as UTF-8")
    if isinstance(error, OverflowError):
        return BadRecordError("out_of_range", f"{name!r} is out of range; write the column as text")
    return None


def _as_text(cell: "pa.Array") -> Any:
    """A cell as near as text comes to it."""
    from pyarrow import binary, types

    if types.is_string(cell.type) or types.is_large_string(cell.type):
        return as_json(cell.cast(binary())[0].as_py())
    return cell.to_string(skip_new_lines=True)[1:-1]


def as_json(value: Any) -> Any:
    """A value of Arrow as JSON can hold it: what it has no type for becomes text, a number that is none null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, dict):
        return {str(key): as_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
