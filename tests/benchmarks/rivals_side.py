"""AutoRubric and DeepEval with a model that answers at once: `python rivals_side.py WAY < cases.json`.

Run by `rivals.py` in an environment that has them. The model is a stub in this process: whatever it is asked, it sends
the JSON text that gives full marks with one sentence of reason. AutoRubric gets it through litellm, its only way to a
model, as `mock_response`, which was the quickest of litellm's seams; DeepEval as a `DeepEvalBaseLLM`.
All answers are graded concurrently, at the better of two limits, and nothing is written to disk.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import redirect_stdout
from functools import cache
from typing import Any, TypedDict

REASON = "The answer says so."
WARM_UP = 10
LIMIT = 20
"""Answers at once: what DeepEval does unless told otherwise; the other limit is none."""


class Case(TypedDict):
    """An answer with what it is graded by."""

    question: str
    answer: str
    criteria: list[str]


def main() -> None:
    """Print the seconds that grading the cases of standard input takes."""
    cases: list[Case] = json.load(sys.stdin)
    way = WAYS[sys.argv[1]]
    with redirect_stdout(sys.stderr):
        way(cases[:WARM_UP], LIMIT)
        seconds = min(_timed(way, cases, limit) for limit in (LIMIT, len(cases)))
    print(seconds)


def _timed(way: "Way", cases: list[Case], limit: int) -> float:
    """Seconds; the process ends with a message where a criterion was not judged, for a failure is quick."""
    started = time.perf_counter()
    judged = way(cases, limit)
    seconds = time.perf_counter() - started
    wanted = sum(len(case["criteria"]) for case in cases)
    if judged != wanted:
        sys.exit(f"{judged} of {wanted} criteria were judged")
    return seconds


async def _gathered(jobs: Iterable[Awaitable[Any]], limit: int) -> list[Any]:
    """The results of jobs of which `limit` are under way at once."""
    room = asyncio.Semaphore(limit)

    async def one(job: Awaitable[Any]) -> Any:
        async with room:
            return await job

    return await asyncio.gather(*map(one, jobs))


def autorubric_criterion(cases: list[Case], limit: int) -> int:
    """A call a criterion, AutoRubric's default."""
    return _autorubric(cases, limit, "per_criterion", {"criterion_status": "MET", "explanation": REASON})


def autorubric_answer(cases: list[Case], limit: int) -> int:
    """One call for all criteria of an answer."""
    most = max(len(case["criteria"]) for case in cases)
    met = [{"criterion_id": f"c{i}", "criterion_status": "MET", "explanation": REASON} for i in range(most)]
    return _autorubric(cases, limit, "per_item", {"judgments": met})


def _autorubric(cases: list[Case], limit: int, calls: str, reply: dict[str, Any]) -> int:
    from autorubric import Criterion, LLMConfig, Rubric
    from autorubric.graders import CriterionGrader

    model = LLMConfig(model="openai/gpt-4.1-mini", extra_params={"mock_response": json.dumps(reply)})
    grader = CriterionGrader(judge_model_config=model, llm_calls=calls)

    def graded(case: Case) -> Awaitable[Any]:
        criteria = [Criterion(weight=1.0, requirement=text) for text in case["criteria"]]
        return Rubric(criteria).grade(to_grade=case["answer"], grader=grader, query=case["question"])

    reports = asyncio.run(_gathered(map(graded, cases), limit))
    return sum(len(report.report) for report in reports if report.score == 1)


def deepeval_geval(cases: list[Case], limit: int) -> int:
    """A GEval metric a criterion, with its evaluation step given, so that it makes one call."""
    from deepeval.metrics import GEval
    from deepeval.test_case import LLMTestCase, SingleTurnParams

    seen = [SingleTurnParams.INPUT, SingleTurnParams.ACTUAL_OUTPUT]
    model = _deepeval_stub(0)

    async def graded(case: Case) -> list[float]:
        said = LLMTestCase(input=case["question"], actual_output=case["answer"])
        steps = [f"Check whether the actual output makes this point: {text}" for text in case["criteria"]]
        metrics = [GEval(step, evaluation_params=seen, evaluation_steps=[step], model=model) for step in steps]
        return await asyncio.gather(*(metric.a_measure(said, _show_indicator=False) for metric in metrics))

    return sum(map(len, asyncio.run(_gathered(map(graded, cases), limit))))


def deepeval_expectations(cases: list[Case], limit: int) -> int:
    """One call for all that an answer must do and one for the reason, as DeepEval's runner makes them."""
    from deepeval import evaluate
    from deepeval.dataset.expectations import Expectations
    from deepeval.evaluate.configs import AsyncConfig, CacheConfig, DisplayConfig
    from deepeval.test_case import LLMTestCase

    def said(case: Case) -> LLMTestCase:
        must = Expectations(must=case["criteria"], model=_deepeval_stub(len(case["criteria"])))
        return LLMTestCase(input=case["question"], actual_output=case["answer"], expectations=must)

    evaluated = evaluate(
        [said(case) for case in cases],
        async_config=AsyncConfig(max_concurrent=limit),
        display_config=DisplayConfig(show_indicator=False, print_results=False, inspect_after_run=False),
        cache_config=CacheConfig(write_cache=False),
    )
    passed = {(result.input, result.actual_output) for result in evaluated.test_results if result.success}
    return sum(len(case["criteria"]) for case in cases if (case["question"], case["answer"]) in passed)


@cache
def _deepeval_stub(criteria: int) -> Any:
    """A model whose reply fits GEval's schema and, for so many criteria, that of Expectations."""
    from deepeval.models import DeepEvalBaseLLM

    verdict = {"status": "pass", "reason": REASON, "evidence": ""}
    verdicts = [verdict | {"id": f"must[{i}]"} for i in range(criteria)]
    reply = json.dumps({"score": 10, "reason": REASON, "verdicts": verdicts})

    class Stub(DeepEvalBaseLLM):
        def load_model(self) -> "Stub":
            return self

        def generate(self, prompt: str, schema: object = None) -> str:
            return reply

        async def a_generate(self, prompt: str, schema: object = None) -> str:
            return reply

        def get_model_name(self) -> str:
            return "stub"

    return Stub()


Way = Callable[[list[Case], int], int]
"""Grades cases, at most so many at once; the number of criteria judged."""

WAYS: dict[str, Way] = {
    "autorubric-criterion": autorubric_criterion,
    "autorubric-answer": autorubric_answer,
    "deepeval-geval": deepeval_geval,
    "deepeval-expectations": deepeval_expectations,
}

if __name__ == "__main__":
    main()
