"""Judges: one adapter a file behind the `Judge` protocol, opened by name."""

from coach.judges.cached import CachedJudge
from coach.judges.chat.budget import Budget, Spending
from coach.judges.opening import DEFAULT_JUDGE, JUDGE_NAMES, hosted_judges, open_judge
from coach.judges.panel import EscalatingJudge, PanelJudge
from coach.judges.scripted import ScriptedJudge
from coach.judges.settings import JudgeSettings

__all__ = [
    "DEFAULT_JUDGE",
    "JUDGE_NAMES",
    "Budget",
    "CachedJudge",
    "EscalatingJudge",
    "JudgeSettings",
    "PanelJudge",
    "ScriptedJudge",
    "Spending",
    "hosted_judges",
    "open_judge",
]
