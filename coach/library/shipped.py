"""Where the shipped banks, prompts and models lie: in the wheel, or at the root of a checkout."""

from pathlib import Path
from typing import Literal

PACKAGE = Path(__file__).parent.parent


def shipped(kind: Literal["rubrics", "prompts", "models"]) -> Path:
    """The folder of shipped files of one kind."""
    packaged = PACKAGE / "shipped" / kind
    return packaged if packaged.is_dir() else PACKAGE.parent / kind
