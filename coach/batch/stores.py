"""Files in stores: whatever pyarrow has a filesystem for, such as `s3://` and `gs://`."""

import hashlib
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from platformdirs import user_state_path

from coach.errors import OutputError

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem


class StoredFile(NamedTuple):
    """A file in a store by its URL, with what a reader needs of a path; `url` itself may hold keys and is for pyarrow.

    As text it is the URL without user, password and query.
    """

    url: str

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

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
        return Path(str(self)).parent

    def open(self, mode: str) -> BufferedReader:
        """Read it as a stream of bytes; OSError where that fails, or where pyarrow knows no such store."""
        store, path = self.placed()
        return BufferedReader(store.open_input_stream(path))

    def placed(self) -> "tuple[FileSystem, str]":
        """Its store and its path there; OSError where pyarrow knows no such store."""
        from pyarrow import ArrowException
        from pyarrow.fs import FileSystem  # 0.1 s

        try:
            store, path = FileSystem.from_uri(self.url)
        except (ArrowException, OSError) as error:
            raise OSError(self.why(error)) from None
        return store, path

    def why(self, error: Exception) -> str:
        """What pyarrow complains about, in a line that holds no keys."""
        return str(error).replace(self.url, str(self)).partition("\n")[0]


AnyFile = Path | StoredFile


def staged(out: AnyFile) -> Path:
    """The file of this machine that grades are written to; what is to go to a store has a place of its own.

    OutputError where that cannot be made, or where pyarrow knows no such store.
    """
    if isinstance(out, Path):
        return out
    folder = user_state_path("coach") / "runs"
    try:
        out.placed()
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error.strerror or error}") from None
    return folder / f"{hashlib.sha256(out.url.encode()).hexdigest()[:16]}-{out.name}"


def send(path: Path, out: AnyFile) -> None:
    """Send a staged file to its store, if it has one, and remove it here; OutputError where the store takes it not."""
    if isinstance(out, Path):
        return
    from pyarrow import ArrowException
    from pyarrow.fs import copy_files

    try:
        store, there = out.placed()
        copy_files(str(path), there, destination_filesystem=store)
        path.unlink()
    except (ArrowException, OSError) as error:
        kept = f"the grades are kept in {path}, and the same command sends them again"
        raise OutputError(f"{out}: cannot be written: {out.why(error)}; {kept}") from None
