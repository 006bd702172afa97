"""How long an answer may take before the clock says so; nothing is ever cut off."""

MINUTES = {"beginner": 2, "intermediate": 3, "advanced": 4, "scenario": 5, "workflow": 5, "behavioral": 3}
"""By level."""
_OTHERWISE = 3


def soft_limit(level: str) -> int:
    """Seconds that an answer to a question of this level is expected to take."""
    return 60 * MINUTES.get(level, _OTHERWISE)
