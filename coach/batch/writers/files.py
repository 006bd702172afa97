"""The grades of a run as a file, whole or not at all."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from coach.batch.stores import AnyFile
from coach.batch.writers.csv_file import write_csv
from coach.batch.writers.parquet import write_parquet
from coach.errors import OutputError
from coach.placing import in_place_of

Lines = Callable[[], Iterable[str]]
"""The lines of a run, which a table has to go through twice: its columns come first."""


def check_out(out: AnyFile) -> None:
    """Raise OutputError for a folder, and for a file of a kind that coach does not write."""
    if isinstance(out, Path) and out.is_dir():
        raise OutputError(f"{out}: is a folder; name a file in it")
    if out.suffix.lower() not in _WRITERS:
        raise OutputError(f"{out}: is of no kind that coach writes; let it end in .jsonl, .csv or .parquet")


def write_grades(out: Path, lines: Lines) -> None:
    """Write JSON Lines, CSV or Parquet by the file's ending, and put it in place by renaming.

    OSError where that fails; then nothing is left behind.
    """
    with in_place_of(out) as part:
        _WRITERS[out.suffix.lower()](part, lines)


@contextmanager
def as_json_lines(out: AnyFile | None, lines: Lines) -> Iterator[Path]:
    """Written grades as a file of JSON Lines: `out` itself where it is one, else a copy; OutputError without room."""
    if isinstance(out, Path) and _WRITERS[out.suffix.lower()] is _write_lines:
        yield out
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder) / (out.name if out else "grades")
        try:
            _write_lines(copy, lines)
        except OSError as error:
            why = f"no room for temporary files ({error.strerror})"
            raise OutputError(f"{why}; TMPDIR can name another folder") from None
        yield copy


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
