"""What can go wrong, drawn once.

CoachError            a message for the person at the keyboard; exit code 2
├── BankError         a bank that cannot be used, with every problem in it
├── AnswerFileError   a file of answers that cannot be read at all
├── JournalError      a journal of practice, or an export of one, that cannot be used
├── EngineError       an engine that is not installed, cannot be reached or has failed
├── OutputError       a place that grades cannot be written to
├── SpeechError       a recording that cannot be made, read or heard
└── JudgeError        a judge that cannot be opened or has broken down
    └── ModelError    its model file is missing, truncated or not the one that was shipped
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pydantic import ValidationError


class CoachError(Exception):
    """A problem to tell the user about, in words that say what to do."""


class Problem(NamedTuple):
    """One thing wrong with a file: where, which key, what, and what is allowed."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.message}"


class BankError(CoachError):
    """A bank that cannot be used; `problems` holds all that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class AnswerFileError(CoachError):
    """A file of answers that cannot be read at all."""


class JournalError(CoachError):
    """A journal of practice, or an export of one, that cannot be used."""


class OutputError(CoachError):
    """A place that grades cannot be written to."""


class EngineError(CoachError):
    """An engine that is not installed, cannot be reached or has failed."""


class JudgeError(CoachError):
    """A judge that cannot be opened or has broken down."""


class ModelError(JudgeError):
    """A model file that is missing, damaged or not the one that was shipped."""


class SpeechError(CoachError):
    """A recording that cannot be made, read or heard."""


def first_problem(error: "ValidationError") -> str:
    """What pydantic found wrong first: the key and why."""
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": ")
