"""Files that appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile


@contextmanager
def in_place_of(out: Path) -> Iterator[Path]:
    """A path beside `out` to write to, which takes its place when all is written; a link stays, its target is replaced.

    OSError where it cannot; then nothing is left behind.
    """
    out = Path(os.path.realpath(out))
    part = out.with_name(out.name + ".part")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def check_place(out: Path) -> None:
    """Raise OSError where the folder of `out` takes no new file; nothing is left behind."""
    with TemporaryFile(dir=Path(os.path.realpath(out)).parent):
        pass


def is_one_file(path: Path, other: Path) -> bool:
    """Whether two paths, of files that are there or not yet, lead to one file."""
    if path.exists() and other.exists():
        return path.samefile(other)
    return os.path.realpath(path) == os.path.realpath(other)
