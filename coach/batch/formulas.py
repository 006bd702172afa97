"""Cells of CSV that a spreadsheet would run as a formula.

A text that begins like one gets a single quote before it, which spreadsheets take for "this is text". Reading takes
it off what coach has written, so that it comes back as it was; what others have written is left as it is. Numbers stay
numbers.
"""

import re

_FORMULA = re.compile(r"[\t\r\n]|[\s'\"\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


def defused(cell: str) -> str:
    """The text as a spreadsheet can safely show it."""
    return f"'{cell}" if is_formula(cell) else cell


def armed(cell: str) -> str:
    """The text that was defused."""
    return cell[1:] if cell.startswith("'") and is_formula(cell[1:]) else cell


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet might run the text, also after white space, quotes and what cannot be seen."""
    return bool(_FORMULA.match(cell)) and not _NUMBER.fullmatch(cell)
