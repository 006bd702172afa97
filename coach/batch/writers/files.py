"""The grades of a run as a file, whole or not at all."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from coach.batch.stores import AnyFile
from coach.batch.writers.csv_file import write_csv
from coach.batch.writers.parquet import write_parquet
from coach.errors import OutputError
from coach.placing import in_place_of

Lines = Callable[[], Iterable[str]]
"""The lines of a run, which a table has to go through twice: its columns come first."""


def check_kind(out: AnyFile) -> None:
    """Raise OutputError for a file of a kind that coach does not write."""
    if out.suffix.lower() not in _WRITERS:
        raise OutputError(f"{out}: is of no kind that coach writes; let it end in .jsonl, .csv or .parquet")


def write_grades(out: Path, lines: Lines) -> None:
    """Write JSON Lines, CSV or Parquet by the file's ending, and put it in place by renaming.

    OSError where that fails; then nothing is left behind.
    """
    with in_place_of(out) as part:
        _WRITERS[out.suffix.lower()](part, lines)


def _write_lines(path: Path, lines: Lines) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_ended(lines()))


def _ended(lines: Iterable[str]) -> Iterator[str]:
    return (f"{line}\n" for line in lines)


_WRITERS: dict[str, Callable[[Path, Lines], None]] = {
    ".jsonl": _write_lines,
    ".ndjson": _write_lines,
    ".json": _write_lines,
    ".csv": write_csv,
    ".parquet": write_parquet,
}
