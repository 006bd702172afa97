"""A provider on loopback that speaks OpenAI's chat protocol, reads what it is asked, and fails as told.

Its verdicts follow from the words of criterion and answer alone, so that one that was mixed up,
made up or given twice is noticed.
"""

import json
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import log
from threading import Lock, Thread
from typing import Any, NamedTuple
from zlib import crc32

from openai import OpenAI

from coach.judges.chat.prompt import WORDS
from coach.judges.chat.provider import quiet_litellm
from coach.terms import Case

ODDS = (0.7, 0.2, 0.06, 0.04)
"""The probability of the verdict by the rule, and of those after it."""
WORD = re.compile(r"\w+")


def rule(criterion: str, answer: str) -> str:
    """The verdict on an answer."""
    return list(WORDS)[crc32(" ".join(WORD.findall(f"{criterion} {answer}")).encode()) % 4]


def odds(verdict: str) -> dict[str, float]:
    """The probabilities that go with a verdict."""
    words = list(WORDS)
    start = words.index(verdict)
    return {words[(start + i) % 4]: p for i, p in enumerate(ODDS)}


def verdicts(case: Case) -> list[str]:
    """What the rule says about a case."""
    return [rule(criterion.text, case.answer) for criterion in case.criteria]


class Call(NamedTuple):
    """A request as it came: the body, what stands in it, and how often this answer was asked about before."""

    body: dict[str, Any]
    key: str
    criteria: list[str]
    answer: str
    before: int

    @property
    def verdicts(self) -> list[str]:
        return [rule(criterion, self.answer) for criterion in self.criteria]

    @property
    def size(self) -> int:
        return len(json.dumps(self.body))


class FaultServer:
    """`fault(call)` names what goes wrong with a call, or is None; `calls` are all that came, by arrival."""

    def __init__(self) -> None:
        self.fault: Callable[[Call], str | None] = lambda call: None
        self.arrived: Callable[[Call], object] = lambda call: None
        self.verdicts: Callable[[Call], list[str]] = lambda call: call.verdicts
        self.logprobs: Callable[[str], object] = logprobs
        self.headers: dict[str, str] = {}
        self.tells_odds: Callable[[Call], bool] = lambda call: False
        self.leaks = False
        self.wrap = "{}"
        self.calls: list[Call] = []
        self.faults: list[str | None] = []
        self.good: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.tokens_in = self.tokens_out = 0
        self.under_way = self.peak = 0
        self.lock = Lock()

    def begin(self, body: dict[str, Any], key: str) -> Call:
        system, user = (message["content"] for message in body["messages"][:2])
        rubric = system.partition("The criteria, by number:\n")[2].partition("\n\n")[0]
        marked = re.search(r"^ANSWER (\w{8})\n(.*)\nANSWER \1\Z", user, re.DOTALL | re.MULTILINE)
        assert marked is not None, user
        answer = re.sub(r"^\[\w+\] ", "", marked[2], flags=re.MULTILINE)
        criteria = re.findall(r"^\d+\. (.*)$", rubric, re.MULTILINE)
        with self.lock:
            call = Call(body, key, criteria, answer, self.asked[answer])
            self.asked[answer] += 1
            self.calls.append(call)
            self.under_way += 1
            self.peak = max(self.peak, self.under_way)
        self.arrived(call)
        return call

    def end(self) -> None:
        with self.lock:
            self.under_way -= 1

    def charge(self, call: Call, text: str) -> dict[str, int]:
        """The usage of a reply, counted."""
        usage = {"prompt_tokens": call.size // 4, "completion_tokens": min(len(text) // 4, call.body["max_tokens"])}
        with self.lock:
            self.tokens_in += usage["prompt_tokens"]
            self.tokens_out += usage["completion_tokens"]
        return usage | {"total_tokens": sum(usage.values())}


def reply_text(words: list[str], **changes: Any) -> str:
    """A reply in JSON with these verdicts; `changes` go to each of its entries."""
    entries = [
        {"criterion": i, "verdict": word, "passages": [1], "reason": f"It is {word} “so”."} | changes
        for i, word in enumerate(words, 1)
    ]
    return json.dumps({"criteria": entries}, ensure_ascii=False)


def logprobs(text: str) -> dict[str, Any]:
    """Tokens of a reply, cut within words and within characters, with the verdicts' odds where one begins."""
    content, before = [], b""
    for piece in re.findall(rb'"verdict": "|[a-z]{1,3}|[^a-z]', text.encode()):
        begins = before.endswith(b'"verdict": "')
        word = next((w for w in WORDS if begins and w.encode().startswith(piece)), None)
        found = {w[: len(piece)].encode(): log(p) for w, p in odds(word).items()} if word else {piece: -0.01}
        entries = [
            {"token": each.decode(errors="replace"), "bytes": list(each), "logprob": p} for each, p in found.items()
        ]
        chosen = next(entry for entry in entries if bytes(entry["bytes"]) == piece)
        content.append({**chosen, "top_logprobs": entries})
        before += piece
    return {"content": content}


MISFITS: dict[str, Callable[[list[str]], str]] = {
    "truncated JSON": lambda words: reply_text(words)[:-9],
    "wrong schema": lambda words: json.dumps({"verdicts": words}),
    "no criterion judged": lambda words: reply_text([]),
    "one criterion too few": lambda words: reply_text(words[:-1]),
    "one criterion too many": lambda words: reply_text([*words, "covered"]),
    "one criterion twice": lambda words: reply_text(words, criterion=1),
    "a verdict outside the set": lambda words: reply_text(["mostly covered", *words[1:]]),
    "refusal in the text": lambda words: "I'm sorry, I can't help with that.",
    "words around the JSON": lambda words: f"Sure! {reply_text(words)} Anything else?",
    "an empty text": lambda words: "",
    "a huge body": lambda words: reply_text(words, reason="x" * 500_000),
}
"""Texts that do not fit, by what is wrong with them."""
PASSING = ("429", "500", "503", "408", "cut in mid-body", "cut at once", "no JSON", "half an envelope", "silence")
"""What may be over at the next try."""
ODD = ("no choice", "refusal", "content filter", "cut off")
"""Envelopes around nothing."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    provider: FaultServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        call = self.provider.begin(body, key)
        try:
            fault = self.provider.fault(call)
            with self.provider.lock:
                self.provider.faults.append(fault)
            self.answer(call, fault)
        finally:
            self.provider.end()

    def answer(self, call: Call, fault: str | None) -> None:
        if fault is None:
            self.good(call)
        elif fault in MISFITS:
            self.reply(call, self.choice(MISFITS[fault](call.verdicts)))
        elif fault[:3].isdigit():
            self.refuse(int(fault[:3]), fault[4:] or "so it is", call.key)
        else:
            self.odd(call, fault)

    def good(self, call: Call) -> None:
        text = reply_text(
            self.provider.verdicts(call), **({"reason": f"Key {call.key}."} if self.provider.leaks else {})
        )
        with self.provider.lock:
            self.provider.good[call.answer] += 1
        told = (
            {"logprobs": self.provider.logprobs(text)}
            if call.body.get("logprobs") and self.provider.tells_odds(call)
            else {}
        )
        self.reply(call, self.choice(self.provider.wrap.replace("{}", text)) | told)

    def odd(self, call: Call, fault: str) -> None:
        broken = {"cut in mid-body": self.cut_in_mid_body, "cut at once": self.cut, "silence": self.say_nothing}
        if fault in broken:
            broken[fault]()
        elif fault in ("no JSON", "half an envelope"):
            self.send(200, b"<html>Good morning</html>" if fault == "no JSON" else b'{"id": "x", "cho')
        else:
            nothing = {
                "no choice": (),
                "refusal": (self.choice("", refusal=f"I won't, {call.key}."),),
                "content filter": (self.choice("", finish="content_filter"),),
                "cut off": (self.choice(reply_text(call.verdicts)[:40], finish="length"),),
            }
            self.reply(call, *nothing[fault])

    def choice(self, text: str, finish: str = "stop", **more: Any) -> dict[str, Any]:
        message = {"role": "assistant", "content": text} | more
        return {"index": 0, "finish_reason": finish, "message": message}

    def reply(self, call: Call, *choices: dict[str, Any]) -> None:
        text = choices[0]["message"]["content"] if choices else ""
        version = f"{call.body['model']}-2026-01-01" + f"-{call.key}" * self.provider.leaks
        self.send(200, {"id": "x", "object": "chat.completion", "created": 1, "model": version,
                        "choices": list(choices), "usage": self.provider.charge(call, text)})  # fmt: skip

    def refuse(self, status: int, code: str, key: str) -> None:
        error = {"message": f"No, {code}, {key}, says the provider", "type": "error", "code": code}
        self.send(status, {"error": error})

    def cut_in_mid_body(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"id": "x", "cho')
        self.wfile.flush()
        self.cut()

    def cut(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def say_nothing(self) -> None:
        self.connection.recv(1)  # until the other side has had enough
        self.close_connection = True

    def send(self, status: int, content: bytes | dict[str, Any]) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
        for name, value in (headers | (self.provider.headers if status != 200 else {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


@contextmanager
def serving() -> Iterator[tuple[FaultServer, str]]:
    """A server and the address to give as the provider's."""
    provider = FaultServer()
    server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"provider": provider}))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider, f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def forget_clients() -> None:
    """Close the connections that litellm keeps, so that the next test opens its own."""
    kept = quiet_litellm().in_memory_llm_clients_cache
    for client in kept.cache_dict.values():
        if isinstance(client, OpenAI):
            client.close()
    kept.flush_cache()
