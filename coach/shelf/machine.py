"""What this machine has room for, and sizes as a person reads them."""

import os
import shutil
from pathlib import Path
from typing import Literal, NamedTuple

from coach.shelf.catalogue import load_catalogue

MEMINFO = Path("/proc/meminfo")
MB = 1_000_000

Fit = Literal["yes", "not now", "no", "unknown"]


class Memory(NamedTuple):
    """Bytes of main memory, all and what programs can still take; None where the system does not say."""

    total: int | None
    free: int | None

    def fit(self, needed: int) -> Fit:
        """Whether a model that needs this many bytes runs here: at all, and beside what runs now."""
        if self.total is None:
            return "unknown"
        if needed > self.total:
            return "no"
        return "not now" if self.free is not None and needed > self.free else "yes"


def memory() -> Memory:
    """The memory of this machine: from /proc/meminfo on Linux, else from sysconf."""
    try:
        rows = dict(line.split(":", 1) for line in MEMINFO.read_text(encoding="ascii").splitlines() if ":" in line)
    except OSError:
        return Memory(_pages("SC_PHYS_PAGES"), _pages("SC_AVPHYS_PAGES"))
    return Memory(_kibibytes(rows, "MemTotal"), _kibibytes(rows, "MemAvailable"))


def _kibibytes(rows: dict[str, str], key: str) -> int | None:
    return int(rows[key].split()[0]) * 1024 if key in rows else None


def _pages(key: str) -> int | None:
    try:
        return os.sysconf(key) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf, macOS no SC_AVPHYS_PAGES
        return None


def memory_needed(name: str, size: int) -> int:
    """Bytes of memory that a model takes: as the catalogue has it, else its file, a tenth more and half a gigabyte."""
    entry = load_catalogue().get(name)
    return entry.memory if entry else size + size // 10 + 500 * MB


def free_disk(folder: Path) -> int:
    """Bytes free where `folder` is, or will be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def readable(size: int) -> str:
    """A size as people write it: `397 MB`, `2.5 GB`."""
    return f"{size / 1e9:.1f} GB" if size >= 999.5 * MB else f"{size / MB:.0f} MB"
