"""Pulling a model from a hub: ask what the file is, see that there is room, download, check, put in place.

huggingface_hub asks the hub and signs the requests, but the bytes come by ranged requests through its
session: its own download keeps nothing of a file whose transfer was cut. A partial file has the hub's
version of the file in its name, so that it is only ever continued with more of the same.
"""

import errno
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from coach.errors import ModelError
from coach.shelf.catalogue import HubFile, hub_file, load_catalogue, name_of
from coach.shelf.found import InstalledModel, installed_models, place_of
from coach.shelf.gguf import file_digest, is_gguf, is_one_of_several, size_of
from coach.shelf.machine import MB, free_disk, memory, memory_needed, readable
from coach.shelf.removing import partials_of

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

HUB = "https://huggingface.co"
WAITS = (1, 2, 4, 8)
"""Seconds before each new try; they begin anew when something has come, and the pull ends when they run out."""
TIMEOUT = 30
SPARE_DISK = 200 * MB
PASSING = {408, 429, 500, 502, 503, 504}
"""Answers of a hub that may be other ones a little later."""

Progress = Callable[[int, int], None]
"""Told how many bytes are there, and of how many."""
Tell = Callable[[str], None]
"""Told what the user should know while the pull goes on."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Remote(NamedTuple):
    """A file as the hub describes it; `sha256` is None where the hub does not tell it."""

    file: HubFile
    url: str
    size: int
    etag: str
    sha256: str | None

    @property
    def part(self) -> Path:
        """Where this version of the file grows."""
        place = place_of(self.file)
        version = hashlib.sha256(f"{self.etag} {self.size}".encode()).hexdigest()[:12]
        return place.with_name(f"{place.name}.{version}.part")


def pull_model(
    name: str,
    force: bool = False,
    progress: Progress = lambda have, size: None,
    tell: Tell = lambda message: None,
) -> InstalledModel:
    """Download a model, unless it is on this machine already; what an earlier pull has left is gone on from.

    `force` takes a model that this machine has too little memory for, or that is another than the
    catalogue knows. ModelError says what went wrong and what to do.
    """
    file = _wanted(name)
    if there := next((model for model in installed_models() if model.name == name_of(file)), None):
        tell(f"{there.name} is on this machine already ({there.source})")
        return there
    with _plainly(file):
        remote = _ask(file, force)
        _check_room(remote, force, tell)
        _download(remote, progress, tell)
        _check(remote)
        return _put_in_place(remote)


def _wanted(name: str) -> HubFile:
    file = hub_file(name)
    if file is None:
        from difflib import get_close_matches

        near = get_close_matches(name, load_catalogue(), n=1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        known = ", ".join(load_catalogue())
        raise ModelError(f"no model to pull is called {name!r}; {meant}There are {known}, and hf:<owner>/<repo>/<file>")
    if is_one_of_several(file.file):
        raise ModelError(f"{name} is one part of a split model; coach pulls models of a single file")
    return file


def endpoint() -> str:
    """The hub, read when it is asked: huggingface_hub reads it once, when it is imported."""
    return (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")


def _ask(file: HubFile, force: bool) -> Remote:
    from huggingface_hub import get_hf_file_metadata, get_token

    url = f"{endpoint()}/{file.repository}/resolve/main/{quote(file.file)}"
    found = get_hf_file_metadata(url, token=get_token() or False, library_name="coach", endpoint=endpoint())
    if found.size is None:
        raise ModelError(f"{endpoint()} does not tell the size of {file.name}; is HF_ENDPOINT a model hub?")
    etag = found.etag or ""
    return Remote(file, url, found.size, etag, _expected_hash(file, etag, force))


def _expected_hash(file: HubFile, etag: str, force: bool) -> str | None:
    """The hub's hash, which is the ETag of a large file; it must be the catalogue's where that has one."""
    of_hub = etag if _SHA256.fullmatch(etag) else None
    entry = load_catalogue().get(name_of(file))
    known = entry.sha256 if entry else None
    if of_hub and known and of_hub != known and not force:
        raise ModelError(
            f"{file.name} is another file now than coach's catalogue knows (sha256 {of_hub}, not {known}); "
            "--force takes it as it is"
        )
    return of_hub or known


def _check_room(remote: Remote, force: bool, tell: Tell) -> None:
    name = name_of(remote.file)
    missing = remote.size - size_of(remote.part)
    free = free_disk(remote.part.parent)
    if missing + SPARE_DISK > free:
        raise ModelError(
            f"{name} needs {readable(missing + SPARE_DISK)} of disk and {readable(free)} are free in "
            f"{remote.part.parent}; free some, or set XDG_DATA_HOME to a folder with more"
        )
    _check_memory(name, memory_needed(name, remote.size), force, tell)


def _check_memory(name: str, needed: int, force: bool, tell: Tell) -> None:
    here = memory()
    fit = here.fit(needed)
    if fit == "no" and here.total is not None:
        message = f"{name} needs about {readable(needed)} of memory and this machine has {readable(here.total)}"
        if not force:
            raise ModelError(f"{message}; take a smaller one ('coach models list'), or pull it with --force")
        tell(message)
    if fit == "not now" and here.free is not None:
        tell(
            f"{name} needs about {readable(needed)} of memory and {readable(here.free)} are free now; "
            "close other programs before you use it"
        )


def _download(remote: Remote, progress: Progress, tell: Tell) -> None:
    """Fetch until nothing is missing; a cut connection is gone on from."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    remote.part.parent.mkdir(parents=True, exist_ok=True)
    waits = iter(WAITS)
    while (before := size_of(remote.part)) < remote.size:
        try:
            return _fetch(remote, before, progress)
        except (httpx2.TransportError, HfHubHTTPError) as error:
            if isinstance(error, HfHubHTTPError) and error.response.status_code not in PASSING:
                raise
            have = size_of(remote.part)
            waits = iter(WAITS) if have > before else waits
            _wait(next(waits, None), remote, have, tell)
    return None


def _wait(seconds: float | None, remote: Remote, have: int, tell: Tell) -> None:
    so_far = f"{readable(have)} of {readable(remote.size)}"
    if seconds is None:
        raise ModelError(
            f"{name_of(remote.file)}: the connection was cut again and again; {so_far} are kept, "
            "and the same command goes on from there"
        )
    tell(f"the connection was cut at {so_far}; going on in {seconds} s")
    time.sleep(seconds)


def _fetch(remote: Remote, have: int, progress: Progress) -> None:
    """One request for what is missing, written as it comes; ends early where more comes than there should."""
    from huggingface_hub import get_session, get_token, hf_raise_for_status

    headers = {"User-Agent": "coach", "Accept-Encoding": "identity"}
    headers |= {"Range": f"bytes={have}-"} if have else {}
    headers |= {"Authorization": f"Bearer {token}"} if (token := get_token()) else {}  # not sent on to other hosts
    request = get_session().stream("GET", remote.url, headers=headers, timeout=TIMEOUT, follow_redirects=True)
    with request as response:
        hf_raise_for_status(response)
        goes_on = response.status_code == HTTPStatus.PARTIAL_CONTENT  # a hub without ranges sends all of it again
        with remote.part.open("ab" if goes_on else "wb") as file:
            for chunk in response.iter_bytes():
                file.write(chunk)
                progress(file.tell(), remote.size)
                if file.tell() > remote.size:
                    return


def _check(remote: Remote) -> None:
    """Remove what came, and say so, where it is not the file that the hub described."""
    problem = _problem(remote)
    if problem:
        remote.part.unlink()
        raise ModelError(f"{name_of(remote.file)}: what came {problem}; it was removed: pull it again")


def _problem(remote: Remote) -> str | None:
    size = size_of(remote.part)
    if size != remote.size:
        return f"has {size} bytes where the hub says {remote.size}"
    if remote.sha256 and (digest := file_digest(remote.part)) != remote.sha256:
        return f"has sha256 {digest} where the hub says {remote.sha256}"
    return None if is_gguf(remote.part) else "is no GGUF file"


def _put_in_place(remote: Remote) -> InstalledModel:
    place = place_of(remote.file)
    with remote.part.open("rb") as file:
        os.fsync(file.fileno())
    remote.part.replace(place)
    for part in partials_of(place):  # of versions that the hub no longer has
        part.unlink()
    return InstalledModel(name_of(remote.file), place, "coach", remote.size)


@contextmanager
def _plainly(file: HubFile) -> Iterator[None]:
    """Make of what can go wrong on the way a message that says what to do."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        yield
    except OfflineModeIsEnabled:
        raise ModelError("HF_HUB_OFFLINE is set, so nothing is pulled; unset it and pull again") from None
    except HfHubHTTPError as error:
        raise ModelError(_refusal(file, error)) from None
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ModelError(
            f"{endpoint()} cannot be reached ({error}); check the network, or name a mirror in HF_ENDPOINT"
        ) from None
    except OSError as error:
        raise ModelError(_no_file(file, error)) from None


def _refusal(file: HubFile, error: "HfHubHTTPError") -> str:
    status = error.response.status_code
    page = f"{endpoint()}/{file.repository}"
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return (
            f"the hub does not give {file.name} to everyone (it answers {status}); if {page} is there and asks "
            "for consent, give it, then set HF_TOKEN to a token of yours and pull again"
        )
    if status == HTTPStatus.NOT_FOUND:
        return f"the hub has no {file.name}; look for the file's name on {page}/tree/main"
    return f"the hub answers {status} for {file.name}; try again later"


def _no_file(file: HubFile, error: OSError) -> str:
    name, folder = name_of(file), place_of(file).parent
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"the disk is full; what came of {name} is kept in {folder}: free some room and the same command "
            f"goes on, or give it up with: coach models remove {name}"
        )
    return f"{error.filename or folder}: {error.strerror or error}; check that coach may read and write it"
