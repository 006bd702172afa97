"""Files in stores: whatever pyarrow has a filesystem for, such as `s3://` and `gs://`."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import urlsplit

from platformdirs import user_state_path

from coach.errors import OutputError


class StoredFile(NamedTuple):
    """A file in a store by its URL, with what a reader needs of a path."""

    url: str

    def __str__(self) -> str:
        return self.url

    @property
    def name(self) -> str:
        """Its name in its folder."""
        return PurePosixPath(urlsplit(self.url).path).name

    @property
    def suffix(self) -> str:
        """The ending of its name."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> Path:
        """Its folder, in which nothing can be found on this machine."""
        return Path(self.url).parent

    def open(self, mode: str) -> BufferedReader:
        """Read it as a stream of bytes; OSError where that fails, or where pyarrow knows no such store."""
        from pyarrow import ArrowInvalid
        from pyarrow.fs import FileSystem  # 0.1 s

        try:
            store, path = FileSystem.from_uri(self.url)
        except ArrowInvalid as error:
            raise OSError(None, str(error)) from None
        return BufferedReader(store.open_input_stream(path))


AnyFile = Path | StoredFile


@contextmanager
def sent_to(out: AnyFile) -> Iterator[Path]:
    """A file of this machine to write, which goes to its store when all is written.

    OutputError where it cannot; then it is kept here.
    """
    if isinstance(out, Path):
        yield out
        return
    folder = user_state_path("coach") / "runs" / hashlib.sha256(out.url.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / out.name
    yield path
    _send(path, out.url)
    path.unlink()
    folder.rmdir()


def _send(path: Path, url: str) -> None:
    from pyarrow import ArrowException
    from pyarrow.fs import copy_files

    try:
        copy_files(str(path), url)
    except (ArrowException, OSError) as error:
        raise OutputError(f"{url}: cannot be written: {error}; the grades are kept in {path}") from None
