"""What a person can set about a judge; each judge takes what concerns it."""

from typing import NamedTuple


class JudgeSettings(NamedTuple):
    """Settings of a run's judge or judges."""

    workers: int | None = None
    """Contexts of a local judge, requests at once of a hosted one; by default from the machine."""
    samples: int = 1
    """Replies of a hosted judge an answer, where its provider gives no token probabilities."""
    max_cost: float | None = None
    """US dollars a run may spend on hosted judges."""
    max_requests: int | None = None
    """Requests a run may send to hosted judges."""
    explain: bool = False
    """Whether a local chat judge writes a reason and a follow-up; hosted ones always give a reason."""
