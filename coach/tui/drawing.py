"""Figures in characters, to be read without colour."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

BLOCKS = " ▁▂▃▄▅▆▇█"


def bar(share: float, width: int) -> str:
    """A share, 0 to 1, as a bar of so many cells."""
    full = round(share * width)
    return "█" * full + "░" * (width - full)


def minutes(seconds: float) -> str:
    """A length of time as a clock shows it: 3:05."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def hours(seconds: float) -> str:
    """A length of time in words: 2 h 10 min."""
    whole = int(seconds) // 60
    return f"{whole // 60} h {whole % 60} min" if whole >= 60 else f"{whole} min"


def spark(values: Sequence[float], highest: float) -> str:
    """Values from 0 to the highest, a character each."""
    return "".join(BLOCKS[1 + round(value / highest * (len(BLOCKS) - 2))] for value in values)


def weeks(counts: Mapping[date, int], today: date, width: int) -> list[str]:
    """A line a day of the week, Monday first, a column a week up to this one: how often each day was practised."""
    monday = today - timedelta(days=today.weekday())
    lines = []
    for number, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")):
        days = (monday + timedelta(days=number, weeks=-back) for back in reversed(range(width)))
        lines.append(" ".join([name, *(_day(counts, day, today) for day in days)]))
    return lines


def _day(counts: Mapping[date, int], day: date, today: date) -> str:
    """How much was done on a day: nothing, little or much; days to come are blank."""
    return " " if day > today else "·▪■█"[min(3, (counts.get(day, 0) + 1) // 2)]
