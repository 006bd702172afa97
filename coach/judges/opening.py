"""From a judge's name to a judge; what a judge needs is imported only when it is opened."""

from pathlib import Path

from coach.errors import JudgeError
from coach.terms import Judge

JUDGE_NAMES = {
    "mini": "the shipped 4-bit classifier, offline; it abstains where it is not sure",
    "mini:decided": "the same, but it always decides",
    "similarity": "embeddings alone: fast, and easily fooled; for comparison",
    "scripted": "canned verdicts by word overlap, for demonstrations and tests; not a grade",
}
"""The judges that can be named, with a line about each."""


def open_judge(name: str) -> Judge:
    """Open the judge called `name`; JudgeError says what is missing and how to get it.

    `similarity:<model>` takes any sentence-transformers model, by name or folder; `mini:<file>` a
    mini GGUF of your own training.
    """
    kind, _, model = name.partition(":")
    if kind == "mini":
        from coach.judges.mini import MiniJudge  # llama_cpp: 0.1 s

        decided = model == "decided"
        return MiniJudge.load(None if decided or not model else Path(model), decided)
    if kind == "similarity":
        from coach.judges.similarity import SimilarityJudge  # torch: 9 s

        return SimilarityJudge.load(model or None)
    if name == "scripted":
        from coach.judges.scripted import ScriptedJudge

        return ScriptedJudge()
    known = "\n".join(f"  {judge:12} {what}" for judge, what in JUDGE_NAMES.items())
    raise JudgeError(f"no judge is called {name!r}; there are\n{known}")
