"""One request to a provider through litellm, and what became of it.

Nothing else imports litellm, and no text leaves this module with a key in it.
"""

import json
import logging
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self

from coach.errors import JudgeError
from coach.judges.chat.budget import Spending
from coach.judges.chat.odds import Token
from coach.judges.chat.prompt import Reply
from coach.judges.chat.scrub import scrubbed, secret_names
from coach.judges.chat.trouble import Then, Trouble, one_line, trouble_of

TIMEOUT = 120.0
"""Seconds without a byte after which a request has failed."""
CHOICES = 5
"""Alternatives asked for at each token: there are four verdicts, and some providers refuse more."""
THOUGHTS = 4000
"""Tokens on top for models that may think before they reply; they count as output."""
LONGEST_REPLY = 100_000
"""Characters; no reply about twelve criteria comes near it."""
REFUSABLE = ("logprobs", "response_format", "temperature", "seed")
"""Options that are left out from then on where a provider refuses a request over them, whatever litellm knows."""
FRAME = 500
"""Tokens that a provider may put around a request, such as its own words about a schema."""


class Request(NamedTuple):
    """What is sent; `odds` asks for token probabilities."""

    messages: Sequence[Mapping[str, str]]
    max_tokens: int
    temperature: float
    seed: int
    odds: bool


class Said(NamedTuple):
    """A reply; `remark` says what is odd about it, should it not fit."""

    text: str
    spent: Spending
    remark: str | None = None
    tokens: tuple[Token, ...] = ()
    version: str | None = None


class Provider:
    """A model behind litellm; `name` is as litellm takes it, `qualified` has the provider before it."""

    def __init__(self, litellm: Any, name: str, timeout: float = TIMEOUT, now: Callable[[], float] = time.time) -> None:
        self._litellm, self.name, self._timeout, self._now = litellm, name, timeout, now
        model, self._house, *_ = litellm.get_llm_provider(name)
        self.qualified = f"{self._house}/{model}"
        self._takes = frozenset(litellm.get_supported_openai_params(model, self._house) or ())
        self._format = self._reply_format(model)
        self.has_price = self._has_price()
        self._thoughts = THOUGHTS if litellm.supports_reasoning(model, self._house) else 0

    @classmethod
    def open(cls, name: str, timeout: float = TIMEOUT, now: Callable[[], float] = time.time) -> Self:
        """The provider of a litellm model name; JudgeError says what is missing. Nothing is sent."""
        litellm = quiet_litellm()
        try:
            provider = cls(litellm, name, timeout, now)
        except litellm.BadRequestError:
            raise JudgeError(
                f"no provider is known for {name!r}; write provider/model, as in openai/gpt-4.1-mini"
            ) from None
        provider._require_key()
        return provider

    @property
    def tells_odds(self) -> bool:
        """Whether token probabilities can be asked for; a provider may still send none."""
        return "logprobs" in self._takes

    @property
    def knows_schema(self) -> bool:
        """Whether replies are held to the schema; where not, a request must spell it out."""
        return self._format is not None and self._format["type"] == "json_schema"

    def ask(self, request: Request) -> Said | Trouble:
        """Send one request, once."""
        options = self._options(request)
        try:
            response = self._litellm.completion(
                model=self.name,
                messages=[dict(message) for message in request.messages],
                timeout=self._timeout,
                num_retries=0,
                max_retries=0,
                drop_params=True,
                **options,
            )
            return self._said(response, request)
        except Exception as error:  # litellm raises its own errors, its providers' and Python's
            trouble = trouble_of(error, self.name, self._keys(), self._now())
            return self._without_option(trouble, str(error), options)

    def most(self, request: Request) -> Spending:
        """The most that a request can cost: no token is shorter than a byte."""
        return self._priced(self._size(request) + FRAME, request.max_tokens + self._thoughts)

    def about(self, request: Request, tokens_out: int) -> Spending:
        """What a request costs as a rule: English has four bytes a token."""
        return self._priced(self._size(request) // 4, tokens_out)

    def _size(self, request: Request) -> int:
        return len(json.dumps([request.messages, self._format], ensure_ascii=False).encode(errors="replace"))

    def _priced(self, tokens_in: int, tokens_out: int) -> Spending:
        if not self.has_price:
            return Spending(1, tokens_in, tokens_out, None)
        parts = self._litellm.cost_per_token(self.name, prompt_tokens=tokens_in, completion_tokens=tokens_out)
        return Spending(1, tokens_in, tokens_out, sum(parts))

    def _has_price(self) -> bool:
        try:
            self._litellm.cost_per_token(self.name, prompt_tokens=1, completion_tokens=1)
        except Exception:  # how litellm says that it knows no price differs from version to version
            return False
        return True

    def _reply_format(self, model: str) -> dict[str, Any] | None:
        if "response_format" not in self._takes:
            return None
        if self._litellm.supports_response_schema(model, self._house):
            schema = {"name": "verdicts", "strict": True, "schema": Reply.model_json_schema()}
            return {"type": "json_schema", "json_schema": schema}
        return {"type": "json_object"}

    def _options(self, request: Request) -> dict[str, Any]:
        options = {
            "temperature": request.temperature,
            "seed": request.seed,
            "max_tokens": request.max_tokens + self._thoughts,
            "response_format": self._format,
            "logprobs": request.odds or None,
            "top_logprobs": CHOICES if request.odds else None,
        }
        return {name: value for name, value in options.items() if name in self._takes and value is not None}

    def _without_option(self, trouble: Trouble, words: str, options: Mapping[str, Any]) -> Trouble:
        """The trouble, to be tried again without the option that the provider refuses, if it is about one."""
        refused = next((name for name in REFUSABLE if name in options and name in words.lower()), None)
        if refused is None or trouble.kind not in ("request", "key"):  # OpenAI answers 403 over logprobs
            return trouble
        if refused != "response_format":
            self._takes -= {refused, f"top_{refused}"}
        elif options[refused] is self._format:  # not yet by another thread
            self._format = {"type": "json_object"} if self.knows_schema else None
        return trouble._replace(then=Then.AGAIN)

    def _said(self, response: Any, request: Request) -> Said:
        spent, version = self._spent(response, request), one_line(response.model or "", 100) or None
        if not response.choices:
            return Said("", spent, "it is empty", version=version)
        choice = response.choices[0]
        text = choice.message.content or ""
        remark = _remark(choice, text)
        if len(text) > LONGEST_REPLY:
            return Said("", spent, remark, version=version)
        return Said(scrubbed(text), spent, remark, tuple(_tokens(choice)) if request.odds else (), version)

    def _spent(self, response: Any, request: Request) -> Spending:
        """What the reply says that it took; the most where it does not."""
        usage = getattr(response, "usage", None)
        if not usage or not usage.total_tokens:
            return self.most(request)
        priced = self._priced(usage.prompt_tokens, usage.completion_tokens)
        if not self.has_price:
            return priced
        try:
            return priced._replace(dollars=self._litellm.completion_cost(response, model=self.name))
        except Exception:  # it knows what cached tokens cost; a reply is worth more than that
            return priced

    def _require_key(self) -> None:
        """Refuse to open without the one key that the provider takes; where there are other ways in, it decides."""
        missing = self._litellm.validate_environment(self.name)["missing_keys"]
        if missing and all(each.endswith("_API_KEY") for each in missing) and not self._set_keys():
            raise JudgeError(
                f"{self.name} needs a key: set {' or '.join(missing)} (a server of your own takes any word); "
                "'coach doctor' shows what is set"
            )

    def _set_keys(self) -> list[str]:
        return secret_names(self._house.upper().replace("_", ""))

    def _keys(self) -> str:
        return " or ".join(self._set_keys() or [f"{self._house.upper()}_API_KEY"])


def quiet_litellm() -> Any:
    """litellm, told to look nothing up and to keep quiet: it takes 4 s, fetches price lists and prints advice."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    os.environ["LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS"] = "True"
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")  # otherwise it may read a .env file
    import litellm

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.disable_hf_tokenizer_download = True
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    for name in ("openai", "httpx", "httpcore"):  # they write addresses, and some providers take the key in there
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("litellm", "pydantic"):  # pydantic warns of litellm's models
        warnings.filterwarnings("ignore", category=UserWarning, module=rf"{name}(\.|$)")
    return litellm


def _remark(choice: Any, text: str) -> str | None:
    if len(text) > LONGEST_REPLY:
        return f"it is {len(text):,} characters long"
    if refusal := getattr(choice.message, "refusal", None):
        return f"the model refused: {one_line(refusal)}"
    if choice.finish_reason == "length":
        return "it was cut off at the token limit"
    if choice.finish_reason == "content_filter":
        return "the provider's content filter cut it off"
    return None if text.strip() else "it is empty"


def _tokens(choice: Any) -> Iterator[Token]:
    for each in getattr(getattr(choice, "logprobs", None), "content", None) or ():
        choices = {_bytes(other): other.logprob for other in each.top_logprobs or ()}
        yield Token(_bytes(each), choices | {_bytes(each): each.logprob})


def _bytes(token: Any) -> bytes:
    """A token's bytes: its text where the provider sends none, or sends what are none."""
    try:
        return bytes(token.bytes or token.token.encode())
    except (TypeError, ValueError):
        return bytes(token.token.encode(errors="replace"))
