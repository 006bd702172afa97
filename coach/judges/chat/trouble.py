"""What a failed request means: whether it may pass, belongs to one answer, or ends the run.

An error of litellm's is read by its class, its status and its words; litellm gives the status 500
to what never got an answer, and an answer that does carry a status comes with headers.
"""

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Literal, NamedTuple

from coach.judges.chat.budget import Spending
from coach.judges.chat.pace import retry_after
from coach.judges.chat.scrub import scrubbed

Kind = Literal["key", "model", "credit", "filter", "request", "context", "crowded", "passing"]

BY_NAME: dict[str, Kind] = {"ContextWindowExceededError": "context", "ContentPolicyViolationError": "filter"}
BY_CODE: dict[str, Kind] = {
    "insufficient_quota": "credit",  # comes with 429
    "context_length_exceeded": "context",
    "content_filter": "filter",
    "content_policy_violation": "filter",
}
BY_STATUS: dict[int, Kind] = {
    401: "key",
    402: "credit",
    403: "key",
    404: "model",
    408: "passing",
    413: "context",
    429: "crowded",
}
STOPS: dict[Kind, str] = {
    "key": "the provider does not take the key ({status}); set {keys} to one that may use this model",
    "model": "the provider knows no such model, or its address is wrong ({status}: {words})",
    "credit": "the account has no credit left ({status}: {words}); top it up",
    "filter": "the provider's content filter refuses an answer ({status}: {words}); take it out",
    "request": "the provider refuses the request ({status}: {words})",
}
"""What ends a run, and what to do; of a refused key no word is repeated, since providers quote parts of it."""

_CLASSES = re.compile(r"^(?:(?:litellm\.)?\w*(?: ?Error|Exception|Timeout)(?:: | - ))+")


class Then(Enum):
    """What to do after a failure."""

    AGAIN = auto()
    LEAVE = auto()
    STOP = auto()


class Trouble(NamedTuple):
    """A failed request.

    `wait` is what the provider asks for, in seconds; `spent` is None where it may have charged for the request.
    """

    reason: str
    then: Then
    spent: Spending | None = None
    kind: Kind | None = None
    wait: float | None = None


def trouble_of(error: Exception, name: str, keys: str, now: float) -> Trouble:
    """The trouble that an error of litellm's means for a request to the model `name`, whose key is in `keys`."""
    status, headers, words = int(getattr(error, "status_code", None) or 500), _headers(error), one_line(error)
    kind: Kind = "key" if _lacks_key(words, headers) else kind_of(error, status)
    spent = None if (status >= 500 and not headers) or status == 408 else Spending(requests=1)
    if kind in STOPS:
        reason = STOPS[kind].format(status=status, words=words, keys=keys)
        return Trouble(f"{name}: {reason}; 'coach doctor' shows what is set", Then.STOP, spent, kind)
    if kind == "context":
        return Trouble(f"the answer is too long for {name} ({words})", Then.LEAVE, spent, kind)
    reason = _may_pass(status, words, bool(headers))
    return Trouble(reason, Then.AGAIN, spent, kind, retry_after(headers, now))


def kind_of(error: Exception, status: int) -> Kind:
    """What kind of failure it is."""
    body = getattr(error, "body", None)
    by_code = BY_CODE.get(str(body.get("code"))) if isinstance(body, dict) else None
    rest: Kind = "request" if 400 <= status < 500 else "passing"
    return BY_NAME.get(type(error).__name__) or by_code or BY_STATUS.get(status, rest)


def one_line(text: object, length: int = 200) -> str:
    """The beginning of a provider's words without keys and the names of error classes."""
    words = " ".join(_CLASSES.sub("", scrubbed(str(text))).split())
    return words if len(words) <= length else f"{words[: length - 1]}…"


def _may_pass(status: int, words: str, answered: bool) -> str:
    if "APIResponse [200" in words:  # how litellm names what it cannot read
        return "what came is no chat completion; is the provider's address right?"
    if answered or status not in (408, 500):
        return f"the provider answers {status}: {words}"
    return "no reply came in time" if status == 408 else f"no reply came: {words}"


def _lacks_key(words: str, headers: Mapping[str, str]) -> bool:
    """Whether OpenAI's client has refused to send anything."""
    return not headers and words.startswith("Missing credentials")


def _headers(error: Exception) -> Mapping[str, str]:
    response = getattr(error, "response", None)
    return getattr(error, "litellm_response_headers", None) or getattr(response, "headers", None) or {}
