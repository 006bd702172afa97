"""The models that coach offers to pull, and the names of files on a model hub."""

import re
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import yaml

from coach.errors import ModelError

CATALOGUE = Path(__file__).parent.parent / "catalogue.yaml"

_HUB_NAME = re.compile(r"hf:([\w.-]+/[\w.-]+)/([^\\:*?\"<>|\0-\x1f]+\.gguf)", re.IGNORECASE | re.ASCII)


class HubFile(NamedTuple):
    """A file of a repository on a model hub."""

    repository: str
    file: str

    @property
    def name(self) -> str:
        """As a user writes it: `hf:<owner>/<repo>/<file>`."""
        return f"hf:{self.repository}/{self.file}"


class Entry(NamedTuple):
    """A model of the catalogue; `size` and `memory` in bytes, `context` in tokens."""

    name: str
    repository: str
    file: str
    licence: str
    context: int
    kind: Literal["chat", "embedding"]
    memory: int
    about: str
    size: int | None = None
    sha256: str | None = None

    @property
    def hub_file(self) -> HubFile:
        """Where the hub has it."""
        return HubFile(self.repository, self.file)


@cache
def load_catalogue() -> dict[str, Entry]:
    """The entries of the catalogue by name, smallest first."""
    rows = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    return {row["name"]: Entry(**row) for row in rows}


def hub_file(name: str) -> HubFile | None:
    """The hub's file behind a catalogue name or an `hf:` name; None for other names.

    ModelError where an `hf:` name is not of the form.
    """
    if name in load_catalogue():
        return load_catalogue()[name].hub_file
    return _parsed(name) if name.startswith("hf:") else None


def _parsed(name: str) -> HubFile:
    match = _HUB_NAME.fullmatch(name)
    if match is None or not all(step.strip(".") for step in name.split("/")):
        raise ModelError(f"{name!r} is no file of a model hub; write hf:<owner>/<repo>/<file>.gguf")
    return HubFile(match[1], match[2])


def name_of(file: HubFile) -> str:
    """What coach calls a hub's file: its name in the catalogue, else its `hf:` name."""
    return next((entry.name for entry in load_catalogue().values() if entry.hub_file == file), file.name)
