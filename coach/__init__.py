"""coach: interview practice that tells you which points your answer made, missed and got wrong.

import coach
library = coach.load_library(coach.shipped("rubrics"))
judge = coach.open_judge("mini")
coach.grade(library.find("kv-cache"), "It keeps keys and values ...", judge)
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from coach.grading import grade, grade_all
    from coach.judges import open_judge
    from coach.library import load_library, read_bank, shipped

__all__ = ["__version__", "grade", "grade_all", "load_library", "open_judge", "read_bank", "shipped"]

_HOMES = {
    "grade": "coach.grading",
    "grade_all": "coach.grading",
    "load_library": "coach.library",
    "open_judge": "coach.judges",
    "read_bank": "coach.library",
    "shipped": "coach.library",
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used, so that `coach --version` stays instant."""
    if name not in _HOMES:
        raise AttributeError(f"module 'coach' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
