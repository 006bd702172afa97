"""A chat model in this process: verdicts from logits against JSON calls, in the shape of a 0.5B model at Q4_0.

The weights are random, so that replies are nonsense of the usual length: 60 tokens of JSON a criterion.
"""

import ctypes
import os
import tempfile
from pathlib import Path

import llama_cpp
from clock import best, once, row
from tiny_chat import Shape, build

from coach.grading import case_of
from coach.judges.chat.forks import Forks
from coach.judges.chat.gguf import GgufJudge
from coach.judges.chat.prompt import messages, verdict_prompt
from coach.judges.llama import LlamaModel, idle_cores
from coach.library import load_library, shipped

HALF_BILLION = Shape(size=896, layers=24, heads=14, kv_heads=2, inner=4864, vocabulary=151936)
JSON_TOKENS = 60
SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"enum": ["covered", "partial", "missed", "wrong"]}, "reason": {"type": "string"}},
    "required": ["verdict", "reason"],
}


def main() -> None:
    """Seconds an answer of five criteria."""
    with tempfile.TemporaryDirectory() as folder:
        _compare(_built(Path(folder)))


def _compare(path: Path) -> None:
    bank = load_library(shipped("rubrics"))
    asked = [q for _, q in bank if len(q.criteria) == 5][:4]
    cases = [case_of(q, q.reference or "") for q in asked]
    judge = GgufJudge("bench", LlamaModel(path))
    for case in cases:
        judge.judge([case_of(case.question, "Warm up; the prior is learned here.")])
    before = judge.decoded
    ours = once(lambda: [judge.judge([case]) for case in cases]) / len(cases)
    tokens = (judge.decoded - before) // len(cases)
    judge.close()
    limit = _prefill(path, tokens)
    each, whole = _json_calls(path, cases[0])
    row("(c) bare prefill of the same tokens, the limit", limit, limit, f"{tokens} tokens")
    row("coach: one pass, verdicts and evidence from logits", ours, limit, f"{tokens} tokens")
    row("(b) one JSON call for all criteria", whole, limit, f"{whole / ours:.1f} times coach")
    row("(a) one JSON call a criterion", each, limit, f"{each / ours:.1f} times coach")


def _prefill(path: Path, tokens: int) -> float:
    with LlamaModel(path) as model:
        forks = Forks(model, 4096, 1, idle_cores())
        ids = [1000 + i % 5000 for i in range(tokens)]

        def run() -> None:
            forks.hold([])
            forks.hold(ids)

        found = best(run)
        forks.close()
    return found


def _json_calls(path: Path, case: object) -> tuple[float, float]:
    """As other graders do it: a chat completion with a JSON schema, a criterion at a time, or for all at once."""
    model = llama_cpp.Llama(str(path), n_ctx=4096, n_threads=idle_cores(), verbose=False)
    sent = messages(case)

    def ask(content: str, limit: int) -> None:
        model.create_chat_completion(
            [{"role": "system", "content": verdict_prompt().sections["system"]}, {"role": "user", "content": content}],
            response_format={"type": "json_object", "schema": SCHEMA},
            temperature=0,
            max_tokens=limit,
        )

    user = sent[1]["content"]
    each = once(lambda: [ask(f"{user}\n\nCriterion: {c.text}", JSON_TOKENS) for c in case.criteria])
    model.reset()
    whole = once(lambda: ask(f"{user}\n\n{sent[0]['content']}", JSON_TOKENS * len(case.criteria)))
    return each, whole


def _built(folder: Path) -> Path:
    build(folder / "f16.gguf", HALF_BILLION)
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0
    target = folder / "q4.gguf"
    llama_cpp.llama_model_quantize(os.fsencode(folder / "f16.gguf"), os.fsencode(target), ctypes.byref(parameters))
    return target
