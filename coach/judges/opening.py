"""From a judge's name to a judge; what a judge needs is imported only when it is opened."""

from collections.abc import Callable
from pathlib import Path

from coach.errors import JudgeError
from coach.judges.panel import EscalatingJudge, PanelJudge
from coach.judges.settings import JudgeSettings
from coach.terms import Judge

JUDGE_NAMES = {
    "mini": "the shipped 4-bit classifier, offline; it abstains where it is not sure",
    "mini:decided": "the same, but it always decides",
    "gguf:<model>": "an instruct model on this machine; 'coach models list' shows which there are",
    "<provider>/<model>": "a hosted model by its litellm name, such as openai/gpt-4.1-mini or ollama/qwen3:4b",
    "similarity": "embeddings alone: fast, and easily fooled; for comparison",
    "scripted": "canned verdicts by word overlap, for demonstrations and tests; not a grade",
}
"""The judges that can be named, with a line about each."""


def open_judge(name: str, settings: JudgeSettings = JudgeSettings(), escalate: str | None = None) -> Judge:
    """Open the judge called `name`; JudgeError says what is missing and how to get it.

    Several names joined by `+` are a panel. Criteria on which it is unsure go to the judge called `escalate`.
    `similarity:<model>` takes any sentence-transformers model, by name or folder; `mini:<file>` a mini
    GGUF of your own training.
    """
    if escalate:
        return EscalatingJudge(open_judge(name, settings), open_judge(escalate, settings))
    if "+" in name:
        return PanelJudge([open_judge(part.strip(), settings) for part in name.split("+")])
    kind, _, model = name.partition(":")
    if kind in _OPENERS:
        return _OPENERS[kind](model, settings)
    if "/" in name:
        from coach.judges.chat.hosted import HostedJudge  # litellm: 3.7 s, imported with the first request

        return HostedJudge.open(name, settings)
    known = "\n".join(f"  {judge:20} {what}" for judge, what in JUDGE_NAMES.items())
    raise JudgeError(f"no judge is called {name!r}; there are\n{known}")


def _mini(model: str, settings: JudgeSettings) -> Judge:
    from coach.judges.mini import MiniJudge  # llama_cpp: 0.1 s

    decided = model == "decided"
    return MiniJudge.load(None if decided or not model else Path(model), decided, settings.workers)


def _gguf(model: str, settings: JudgeSettings) -> Judge:
    from coach.judges.chat.gguf import GgufJudge  # llama_cpp: 0.1 s

    return GgufJudge.load(model, settings)


def _similarity(model: str, _: JudgeSettings) -> Judge:
    from coach.judges.similarity import SimilarityJudge  # torch: 9 s

    return SimilarityJudge.load(model or None)


def _scripted(_: str, __: JudgeSettings) -> Judge:
    from coach.judges.scripted import ScriptedJudge

    return ScriptedJudge()


_OPENERS: dict[str, Callable[[str, JudgeSettings], Judge]] = {
    "mini": _mini,
    "gguf": _gguf,
    "similarity": _similarity,
    "scripted": _scripted,
}
