"""A judge in front of which stands the cache."""

from collections.abc import Sequence

from coach.cache import JudgementCache
from coach.grading import criterion_keys
from coach.terms import Case, Judge, JudgeAround, Judgement, Receipt


class CachedJudge(JudgeAround):
    """Asks its judge only what the cache does not know; failures are never kept."""

    def __init__(self, judge: Judge, cache: JudgementCache) -> None:
        super().__init__(judge)
        self._cache = cache
        self._named = Receipt(name=judge.name, model=judge.model, prompt=judge.prompt)
        self.hits = 0

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        """Look up every criterion, then judge the rest."""
        keys = [criterion_keys(case, self._named, together=self.reads_together) for case in cases]
        known = self._cache.get(key for of_case in keys for key in of_case)
        self.hits += len(known)
        known = self._ask(cases, keys, known) | known  # what is kept stands, also where it was asked with the rest
        return [tuple(known[key] for key in of_case) for of_case in keys]

    def _ask(
        self, cases: Sequence[Case], keys: Sequence[tuple[str, ...]], known: dict[str, Judgement]
    ) -> dict[str, Judgement]:
        """What is not known, each once, and kept before it is given."""
        taken: set[str] = set(known)
        rest: list[tuple[Case, list[str]]] = []
        for case, of_case in zip(cases, keys, strict=True):
            new = [(c, key) for c, key in zip(case.criteria, of_case, strict=True) if key not in taken]
            if new and self.reads_together:
                new = list(zip(case.criteria, of_case, strict=True))
            if new:
                taken.update(key for _, key in new)
                rest.append((case._replace(criteria=tuple(c for c, _ in new)), [key for _, key in new]))
        judged = self.inner.judge([case for case, _ in rest]) if rest else []
        found = {
            key: j for (_, names), each in zip(rest, judged, strict=True) for key, j in zip(names, each, strict=True)
        }
        self._cache.put(
            {k: j for k, j in found.items() if k not in known and (j.failure is None or j.probabilities is not None)}
        )
        return found
