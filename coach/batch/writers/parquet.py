"""Grades as Parquet."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from coach.batch.writers.table import Cell, Kind, Table

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 1024
"""Rows in a row group, which are held in memory."""


def write_parquet(path: Path, lines: Callable[[], Iterable[str]]) -> None:
    """Write a row a line; columns hold text but for the score and carried numbers and booleans."""
    import pyarrow.parquet as pq  # 0.1 s

    table = Table.of(lines())
    schema = _schema(table)
    rows = table.rows(lines())
    with pq.ParquetWriter(path, schema) as writer:
        while group := list(islice(rows, ROWS)):
            writer.write_batch(_batch(group, schema))


def _schema(table: Table) -> "pa.Schema":
    import pyarrow as pa

    types = {Kind.BOOL: pa.bool_(), Kind.INT: pa.int64(), Kind.FLOAT: pa.float64()}
    kinds = [types.get(kind, pa.string()) for kind in table.columns.values()]
    return pa.schema(list(zip(table.names, kinds, strict=True)))


def _batch(rows: Sequence[Sequence[Cell]], schema: "pa.Schema") -> "pa.RecordBatch":
    import pyarrow as pa

    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.record_batch(arrays, schema=schema)
