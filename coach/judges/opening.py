"""From a judge's name to a judge; what a judge needs is imported only when it is opened."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from coach.errors import JudgeError
from coach.judges.chat.budget import Budget
from coach.judges.panel import EscalatingJudge, PanelJudge
from coach.judges.settings import JudgeSettings
from coach.terms import Judge

if TYPE_CHECKING:
    from coach.judges.chat.hosted import HostedJudge

DEFAULT_JUDGE = "mini"
JUDGE_NAMES = {
    "mini": "the shipped 4-bit classifier, offline; it abstains where it is not sure",
    "mini:decided": "the same, but it always decides",
    "gguf:<model>": "an instruct model on this machine; 'coach models list' shows which there are",
    "<provider>/<model>": "a hosted model by its litellm name, such as openai/gpt-4.1-mini or ollama/qwen3:4b",
    "similarity": "embeddings alone: fast, and easily fooled; for comparison",
    "scripted": "canned verdicts by word overlap, for demonstrations and tests; not a grade",
}
"""The judges that can be named, with a line about each."""


def open_judge(
    name: str,
    settings: JudgeSettings = JudgeSettings(),
    escalate: str | None = None,
    budget: Budget | None = None,
) -> Judge:
    """Open the judge called `name`; JudgeError says what is missing and how to get it.

    Several names joined by `+` are a panel. Criteria on which it is unsure go to the judge called `escalate`.
    `similarity:<model>` takes any sentence-transformers model, by name or folder; `mini:<file>` a mini
    GGUF of your own training. All hosted judges spend from one `budget`, by default that of the settings.
    """
    opener = _Opener(settings, budget or Budget(settings.max_cost, settings.max_requests))
    judge = opener.open(name)
    return EscalatingJudge(judge, opener.open(escalate)) if escalate else judge


def hosted_judges(judge: Judge) -> list["HostedJudge"]:
    """The hosted judges that have a say in this one."""
    if hasattr(judge, "estimate"):
        return [cast("HostedJudge", judge)]
    parts = [getattr(judge, name, None) for name in ("inner", "first", "second")]
    return [found for part in (*parts, *getattr(judge, "judges", ())) if part for found in hosted_judges(part)]


class _Opener:
    """Opens judges that share settings and a budget."""

    def __init__(self, settings: JudgeSettings, budget: Budget) -> None:
        self._settings, self._budget = settings, budget
        self._kinds: dict[str, Callable[[str], Judge]] = {
            "mini": self._mini,
            "gguf": self._gguf,
            "similarity": self._similarity,
            "scripted": self._scripted,
        }

    def open(self, name: str) -> Judge:
        if "+" in name:
            return PanelJudge([self.open(part.strip()) for part in name.split("+")])
        kind, _, model = name.partition(":")
        if kind in self._kinds:
            return self._kinds[kind](model)
        if "/" in name:
            from coach.judges.chat.hosted import HostedJudge  # litellm: 3.7 s

            return HostedJudge.open(name, self._settings, self._budget)
        known = "\n".join(f"  {judge:20} {what}" for judge, what in JUDGE_NAMES.items())
        raise JudgeError(f"no judge is called {name!r}; there are\n{known}")

    def _mini(self, model: str) -> Judge:
        from coach.judges.mini import MiniJudge  # llama_cpp: 0.1 s

        decided = model == "decided"
        return MiniJudge.load(None if decided or not model else Path(model), decided, self._settings.workers)

    def _gguf(self, model: str) -> Judge:
        from coach.judges.chat.gguf import GgufJudge  # llama_cpp: 0.1 s

        return GgufJudge.load(model, self._settings)

    def _similarity(self, model: str) -> Judge:
        from coach.judges.similarity import SimilarityJudge  # torch: 9 s

        return SimilarityJudge.load(model or None)

    def _scripted(self, _: str) -> Judge:
        from coach.judges.scripted import ScriptedJudge

        return ScriptedJudge()
