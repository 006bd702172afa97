"""Grades as CSV: UTF-8, comma, texts quoted, formulas defused."""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path

from coach.batch.formulas import defused
from coach.batch.writers.table import Cell, Table


def write_csv(path: Path, lines: Callable[[], Iterable[str]]) -> None:
    """Write a row a line, under a header."""
    table = Table.of(lines())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writerow(map(defused, table.names))
        writer.writerows(map(_safe, row) for row in table.rows(lines()))


def _safe(cell: Cell) -> Cell:
    if isinstance(cell, bool):
        return str(cell).lower()
    return defused(cell) if isinstance(cell, str) else cell
