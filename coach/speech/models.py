"""Models of the engines that come with none: where they lie, and how to get them."""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from platformdirs import user_data_path


def model_folder(repository: str) -> Path:
    """Where the files of a repository of the hub are looked for."""
    return user_data_path("coach") / "speech" / repository


def missing(package: str, repository: str, files: Iterable[str]) -> str | None:
    """What an engine lacks on this machine and how to get it; None where it lacks nothing."""
    if find_spec(package) is None:
        return "is not installed: pip install 'coach[speech]'"
    folder = model_folder(repository)
    if all((folder / file).is_file() for file in files):
        return None
    return f"has no model yet: hf download {repository} {' '.join(files)} --local-dir '{folder}'"
