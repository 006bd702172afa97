"""Judges: one adapter a file behind the `Judge` protocol, opened by name."""

from coach.judges.opening import JUDGE_NAMES, open_judge
from coach.judges.scripted import ScriptedJudge

__all__ = ["JUDGE_NAMES", "ScriptedJudge", "open_judge"]
