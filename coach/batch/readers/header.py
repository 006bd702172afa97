"""The names of a table's columns."""

from collections.abc import Sequence

from coach.batch.readers.records import AUDIO, DEFAULT, Columns
from coach.errors import AnswerFileError


def check_header(where: str, names: Sequence[str], columns: Columns) -> None:
    """Raise AnswerFileError where a needed column is missing or two have one name; an id column may be missing."""
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise AnswerFileError(f"{where}: two columns are called {twins[0]!r}; each needs a name of its own")
    needed = {"question": columns.question, "answer": columns.answer}
    if columns.id != DEFAULT.id:
        needed["id"] = columns.id
    if AUDIO in names:
        del needed["answer"]
    for part, name in needed.items():
        if name not in names:
            there = ", ".join(map(repr, names))
            option = f"--{part}-column names the one with the {part}"
            raise AnswerFileError(f"{where}: has no column {name!r}, only {there}; {option}")
