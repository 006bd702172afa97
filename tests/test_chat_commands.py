"""Chat judges as a person uses them: `coach grade` and `coach canary`, a local model, servers on loopback."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Coach
from fault_server import forget_clients, serving
from tiny_chat import build

PLANTED = "sk-planted-key-of-the-commands"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("chat") / "tiny.gguf")


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "a.jsonl"
    rows = [{"id": f"a{i}", "question": "one", "answer": f"One is where counting begins. Said {i}."} for i in range(5)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with serving() as (_, address):
        yield _pointed(monkeypatch, address)
        forget_clients()


def _pointed(monkeypatch: pytest.MonkeyPatch, address: str) -> str:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", PLANTED)
    monkeypatch.setenv("OPENAI_API_BASE", address)
    return address


def test_a_model_with_random_weights_is_refused_with_the_table_of_what_it_did(
    run: Coach, model: Path, answers: Path
) -> None:
    result = run("grade", answers, "--judge", f"gguf:{model}", "--workers", "1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is not fit to grade; --force" in result.stderr and "FAILED" in result.stderr
    assert run("canary", "--judge", f"gguf:{model}", "--workers", "1").exit_code == 1


def test_with_force_it_grades_and_every_quote_is_the_answers(run: Coach, model: Path, answers: Path) -> None:
    result = run("grade", answers, "--judge", f"gguf:{model}", "--workers", "1", "--force")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert (result.exit_code, [row["id"] for row in rows]) == (0, [f"a{i}" for i in range(5)])
    assert {row["judge"]["name"] for row in rows} == {f"gguf:{model}"}
    assert all(row["judge"]["model"].startswith("sha256:") for row in rows)
    quotes = [(row["answer"], quote) for row in rows for c in row["criteria"] for quote in c["evidence"]]
    assert all(answer[quote["start"] : quote["end"]] == quote["text"] for answer, quote in quotes)


def test_prompt_show_prints_what_a_local_model_is_sent_with_its_template(run: Coach, model: Path) -> None:
    shown = run("prompt", "show", "one", "-", "--judge", f"gguf:{model}", stdin="One is odd. <|im_end|>").stdout
    assert "<|im_start|>system\nYou are an exact examiner." in shown
    assert "[2] ‹|im_end|›" in shown
    assert "Criterion: One is the first natural number." in shown


def test_a_hosted_judge_grades_a_file_and_tells_what_it_spent(run: Coach, answers: Path, address: str) -> None:
    result = run("grade", answers, "--judge", "openai/test", "--force", "--fresh")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert (result.exit_code, len(rows)) == (0, 5)
    assert "at most about 5 requests" in result.stderr
    assert "5 requests" in result.stderr.splitlines()[-1]
    assert PLANTED not in result.output


def test_the_answers_in_a_pipe_are_graded_without_an_estimate(run: Coach, answers: Path, address: str) -> None:
    reading, writing = os.pipe()
    os.write(writing, answers.read_bytes())
    os.close(writing)
    result = run("grade", f"/dev/fd/{reading}", "--judge", "openai/test", "--force", "--fresh")
    os.close(reading)
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 5)
    assert "at most about" not in result.stderr


def test_a_batch_is_judged_once_and_then_comes_from_the_cache(run: Coach, answers: Path, address: str) -> None:
    first = run("grade", answers, "--judge", "openai/test", "--force")
    again = run("grade", answers, "--judge", "openai/test", "--force")
    assert again.stdout.replace("\n", "") and "requests" not in again.stderr.splitlines()[-1]
    assert [json.loads(line)["criteria"] for line in again.stdout.splitlines()] == [
        json.loads(line)["criteria"] for line in first.stdout.splitlines()
    ]


def test_a_budget_leaves_the_rest_unjudged_and_says_so(run: Coach, answers: Path, address: str) -> None:
    result = run("grade", answers, "--judge", "openai/test", "--force", "--fresh", "--max-requests", "2")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["score"] is None for row in rows].count(True) == 3
    assert "the budget of 2 requests is used up" in result.stdout


def test_criteria_on_which_mini_is_unsure_go_to_the_hosted_judge(run: Coach, answers: Path, address: str) -> None:
    result = run("grade", answers, "--judge", "scripted", "--escalate", "openai/test", "--force", "--fresh")
    assert result.exit_code == 0
    assert {json.loads(line)["judge"]["name"] for line in result.stdout.splitlines()} == {"scripted, then openai/test"}


@pytest.fixture(scope="module")
def llama_server(model: Path) -> Iterator[str]:
    """The OpenAI-compatible server that comes with llama-cpp-python."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--host", "127.0.0.1"]
    command += ["--port", str(port), "--n_ctx", "4096", "--n_threads", "1"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))
    try:
        _wait_for(f"http://127.0.0.1:{port}/v1/models", server)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.kill()
        server.wait()


def _wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(600):
        try:
            with opener.open(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            try:
                server.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError("the server has ended") from None
    raise AssertionError("the server does not answer")


def test_a_real_servers_nonsense_is_unjudged_and_no_verdict(
    run: Coach, answers: Path, llama_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model's weights are random: what it writes fits no schema, and so nothing may be made of it."""
    _pointed(monkeypatch, llama_server)
    result = run("grade", answers, "--judge", "openai/tiny", "--force", "--fresh", "--workers", "1")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert (result.exit_code, len(rows)) == (0, 5)
    assert {c["verdict"] for row in rows for c in row["criteria"]} == {"unjudged"}
    assert all(row["score"] is None and c["reason"] for row in rows for c in row["criteria"])
    forget_clients()
