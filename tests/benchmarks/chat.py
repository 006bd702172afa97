"""A chat model in this process: verdicts from logits against JSON calls, in the shape of a 0.5B model at Q4_0.

The weights are random, so that replies are nonsense of the usual length: 60 tokens of JSON a criterion. The tokenizer
is learned here, so that a word takes about as many tokens as with a real model.
"""

import ctypes
import json
import os
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from unittest.mock import patch

import llama_cpp
from clock import best, once, row
from rows import DATA
from tiny_chat import Shape, build
from tokenizers import ByteLevelBPETokenizer

from coach.grading import case_of
from coach.judges import JudgeSettings
from coach.judges.chat.forks import Forks
from coach.judges.chat.gguf import GgufJudge
from coach.judges.chat.prompt import messages, verdict_prompt
from coach.judges.llama import LlamaModel, usable_cores
from coach.judges.repacking import avoid_amx
from coach.library import load_library, shipped
from coach.terms import Case

ANSWERS = DATA / "answers.jsonl"
HALF_BILLION = Shape(size=896, layers=24, heads=14, kv_heads=2, inner=4864, vocabulary=151936)
JSON_TOKENS = 60
THREADS = usable_cores()
QUIET = llama_cpp.llama_log_callback(lambda *_: None)
SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"enum": ["covered", "partial", "missed", "wrong"]}, "reason": {"type": "string"}},
    "required": ["verdict", "reason"],
}


def main() -> None:
    """Seconds an answer of five criteria, of which another answer to the same question was graded just before."""
    llama_cpp.llama_log_set(QUIET, ctypes.c_void_p(0))
    with tempfile.TemporaryDirectory() as folder:
        _compare(_built(Path(folder)))


def _compare(path: Path) -> None:
    bank = load_library(shipped("rubrics"))
    asked = [q for _, q in bank if len(q.criteria) == 5][:2]
    cases = [case_of(q, q.reference or "") for q in asked]
    judge = GgufJudge("bench", LlamaModel(path), settings=JudgeSettings(workers=THREADS))
    ours, tokens = 0.0, 0
    for case in cases:
        judge.judge([case_of(case.question, "Another answer to the question.")])  # as in a batch
        before = judge.decoded
        ours += once(partial(judge.judge, [case])) / len(cases)
        tokens += (judge.decoded - before) // len(cases)
    judge.close()
    limit = _prefill(path, tokens)
    first, last, whole = (sum(seconds) / len(cases) for seconds in zip(*_json_calls(path, cases), strict=True))
    row("(c) bare prefill of the same tokens, the limit", limit, limit, f"{tokens} tokens")
    row("coach: one pass, verdicts and evidence from logits", ours, limit, f"{tokens} tokens")
    row("(b) one JSON call for all criteria", whole, limit, f"{whole / ours:.1f} times coach")
    row("(a) one JSON call a criterion, as AutoRubric has it", first, limit, f"{first / ours:.1f} times coach")
    row("    the same, answer first: it is read once", last, limit, f"{last / ours:.1f} times coach")


def _prefill(path: Path, tokens: int) -> float:
    with LlamaModel(path) as model:
        forks = Forks(model, 4096, 1, THREADS)
        ids = [1000 + i % 5000 for i in range(tokens)]

        def run() -> None:
            forks.hold([])
            forks.hold(ids)

        found = best(run)
        forks.close()
    return found


def _json_calls(path: Path, cases: Sequence[Case]) -> list[tuple[float, float, float]]:
    """Chat completions with a JSON schema: a criterion at a time, before the answer and after it; all at once.

    Where the criterion comes after the answer, llama-cpp-python reads what stands before it once.
    """
    parameters = llama_cpp.llama_model_default_params()
    avoid_amx(llama_cpp, parameters)
    with patch("llama_cpp.llama_cpp.llama_model_default_params", lambda: parameters):  # it has no option for it
        model = llama_cpp.Llama(str(path), n_ctx=4096, n_threads=THREADS, n_threads_batch=THREADS, verbose=False)
    told = verdict_prompt().sections["system"]

    def seconds(asked: Sequence[tuple[str, str]], limit: int = JSON_TOKENS) -> float:
        model.reset()
        return once(lambda: [_reply(model, system, user, limit) for system, user in asked])

    def ways(case: Case) -> tuple[float, float, float]:
        whole, user = (message["content"] for message in messages(case))
        criteria = [f"Criterion: {criterion.text}" for criterion in case.criteria]
        before = seconds([(told, f"{criterion}\n\n{user}") for criterion in criteria])
        after = seconds([(told, f"{user}\n\n{criterion}") for criterion in criteria])
        return before, after, seconds([(whole, user)], JSON_TOKENS * len(criteria))

    return [ways(case) for case in cases]


def _reply(model: llama_cpp.Llama, system: str, user: str, limit: int) -> object:
    return model.create_chat_completion(
        [{"role": "system", "content": system}, {"role": "user", "content": user}],
        response_format={"type": "json_object", "schema": SCHEMA},
        temperature=0,
        max_tokens=limit,
    )


def _built(folder: Path) -> Path:
    build(folder / "f16.gguf", HALF_BILLION, merges=_merges())
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0
    target = folder / "q4.gguf"
    llama_cpp.llama_model_quantize(os.fsencode(folder / "f16.gguf"), os.fsencode(target), ctypes.byref(parameters))
    return target


def _merges() -> list[str]:
    """The merges of 8,000 byte pairs that stand in authored answers."""
    learner = ByteLevelBPETokenizer()
    texts = (json.loads(line)["answer"] for line in ANSWERS.read_text(encoding="utf-8").splitlines())
    learner.train_from_iterator(texts, vocab_size=8256, show_progress=False)
    return [" ".join(pair) for pair in json.loads(learner.to_str())["model"]["merges"]]
