"""Judges: one adapter a file behind the `Judge` protocol, opened by name."""

from coach.judges.cached import CachedJudge
from coach.judges.opening import JUDGE_NAMES, open_judge
from coach.judges.panel import EscalatingJudge, PanelJudge
from coach.judges.scripted import ScriptedJudge
from coach.judges.settings import JudgeSettings

__all__ = [
    "JUDGE_NAMES",
    "CachedJudge",
    "EscalatingJudge",
    "JudgeSettings",
    "PanelJudge",
    "ScriptedJudge",
    "open_judge",
]
