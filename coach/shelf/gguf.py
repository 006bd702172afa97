"""GGUF files in folders that others write to: what cannot be read is passed over."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

_PART = re.compile(r"(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE)


def models_under(folder: Path) -> Iterator[Path]:
    """The GGUF models under a folder: the first part of each, without the projectors that some have beside them."""
    for path in files_under(folder):
        part = _PART.fullmatch(path.name)
        later = part is not None and int(part["number"]) > 1
        if path.suffix.lower() == ".gguf" and not later and not path.name.lower().startswith("mmproj"):
            yield path


def files_under(folder: Path) -> Iterator[Path]:
    """The files under a folder, in order."""
    for where, folders, names in os.walk(folder):
        folders.sort()
        yield from (path for path in (Path(where, name) for name in sorted(names)) if is_file(path))


def children(folder: Path) -> list[Path]:
    """What a folder holds, in order; nothing where it cannot be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def is_file(path: Path) -> bool:
    """Whether there is a file that can be looked at; a link that leads nowhere is none."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):  # ValueError: a null character in the path
        return False


def is_gguf(path: Path) -> bool:
    """Whether a file begins as every GGUF file does."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"GGUF"
    except OSError:
        return False


def is_one_of_several(name: str) -> bool:
    """Whether a file's name is that of one part of a split model."""
    return _PART.fullmatch(name) is not None


def parts_of(path: Path) -> list[Path]:
    """The files of a model: itself, or all parts that are there of a split one; none where there is no file."""
    part = _PART.fullmatch(path.name)
    if part is None:
        return [path] if is_file(path) else []
    names = (f"{part['stem']}-{number:05}-of-{part['count']}.gguf" for number in range(1, int(part["count"]) + 1))
    return [each for each in map(path.with_name, names) if is_file(each)]


def size_of(path: Path) -> int:
    """The bytes of a model, of all its parts where it is split; 0 where there is no file."""
    return sum(part.stat().st_size for part in parts_of(path))


def file_digest(path: Path) -> str:
    """The sha256 of a file in hexadecimal; OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_of(path: Path) -> str:
    """A small text file without the white space around it; empty where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""
