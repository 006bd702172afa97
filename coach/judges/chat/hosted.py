"""The hosted judge: one request an answer to a model of some provider, read strictly, paid from a budget.

A reply that does not fit is asked for once more and then leaves its answer unjudged; so does a
provider that stays away. What would fail for every answer ends the run.
"""

from collections.abc import Sequence
from threading import Event
from typing import NamedTuple, Self

from coach.errors import JudgeError
from coach.judges.chat.budget import Budget, Spending
from coach.judges.chat.odds import by_tokens, shares, stated
from coach.judges.chat.pace import Clock, Pace, backoff, in_order
from coach.judges.chat.prompt import (
    WORDS,
    Reply,
    UnreadableReplyError,
    asked_again,
    judgement_of,
    messages,
    neutral,
    read_reply,
    verdict_prompt,
    with_schema,
)
from coach.judges.chat.provider import Provider, Request, Said
from coach.judges.chat.trouble import Then, Trouble, one_line
from coach.judges.settings import JudgeSettings
from coach.terms import Case, Judgement, Probabilities

WORKERS = 8
ATTEMPTS = 6
PATIENCE = 120.0
"""Seconds; a provider that asks to wait longer is not waited for."""
FRAME, A_CRITERION = 64, 160
"""Tokens that a reply may take: so many, and so many a criterion."""
AS_A_RULE = 50
"""Tokens that a reply takes a criterion."""


class Draw(NamedTuple):
    """How a reply is drawn from the model."""

    temperature: float
    seed: int
    odds: bool


EXACT = Draw(0.0, 1, odds=True)


class Heard(NamedTuple):
    """A reply that fits, with its probabilities and the model's version where the provider told them."""

    reply: Reply
    odds: tuple[Probabilities, ...] | None
    version: str | None = None


class Misfit(NamedTuple):
    """What is wrong with a reply, and how it began."""

    problem: str
    began: str


class HostedJudge:
    """Judges by a hosted chat model.

    `model` is its name with the provider's; judgements say in which version it was `served`.
    A verdict's probabilities are those of its token where the provider tells them. Where not, they are
    shares of `settings.samples` replies, and with one sample 0.9 for the verdict it names.
    """

    reads_together = False

    def __init__(
        self, provider: Provider, settings: JudgeSettings, budget: Budget | None = None, clock: Clock | None = None
    ) -> None:
        if settings.max_cost is not None and not provider.has_price:
            raise JudgeError(
                f"litellm's price list does not know {provider.name}, so that --max-cost cannot be kept; "
                "limit it by --max-requests"
            )
        self.name = provider.name
        self.model: str | None = provider.qualified
        self.prompt: str | None = f"sha256:{verdict_prompt().sha256}"
        self._provider, self._samples, self._clock = provider, max(1, settings.samples), clock or Clock()
        self._workers = settings.workers or WORKERS
        self._pace = Pace(self._workers)
        self._budget = budget or Budget(settings.max_cost, settings.max_requests)
        self._tells_odds = None if provider.tells_odds else False

    @classmethod
    def open(cls, name: str, settings: JudgeSettings, budget: Budget | None = None) -> Self:
        """The judge of a litellm model name; JudgeError says what is missing. Nothing is sent.

        Several judges of one run share a `budget`; alone, a judge makes its own from the settings.
        """
        return cls(Provider.open(name), settings, budget)

    @property
    def spent(self) -> Spending:
        """What was spent so far."""
        return self._budget.spent

    def estimate(self, cases: Sequence[Case]) -> Spending:
        """About what judging these takes, where nothing has to be asked twice."""
        total = Spending()
        draws = 1 if self._tells_odds is not False else self._samples
        for case in cases:
            about = self._provider.about(self._request(case, EXACT), AS_A_RULE * len(case.criteria))
            for _ in range(draws):
                total = total.plus(about)
        return total

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        """Ask about every case; JudgeError where the provider would refuse them all."""
        draws = self._draws(cases)
        asks = [(case, draw) for case in cases for draw in draws]
        heard = in_order(self._hear, asks, self._workers)
        drawn = (heard[i : i + len(draws)] for i in range(0, len(heard), len(draws)))
        return [self._judgements(case, each) for case, each in zip(cases, drawn, strict=True)]

    def _draws(self, cases: Sequence[Case]) -> list[Draw]:
        """One draw an answer where that tells the probabilities, and the samples where it does not."""
        if self._samples > 1 and self._tells_odds is None:
            in_order(self._hear, [(case, EXACT) for case in cases[:1]], 1)  # finds out
        if self._samples == 1 or self._tells_odds:
            return [EXACT]
        return [Draw(0.7, EXACT.seed + i, odds=False) for i in range(self._samples)]

    def _hear(self, ask: tuple[Case, Draw], stopped: Event) -> Heard | Trouble:
        """A reply that fits, asked for twice at most."""
        first = self._heard(ask, None, stopped)
        second = self._heard(ask, first.problem, stopped) if isinstance(first, Misfit) else first
        if isinstance(second, Misfit):
            reason = f"the judge's reply did not fit, nor did a second one: {second.problem}{second.began}"
            return Trouble(reason, Then.LEAVE)
        return second

    def _heard(self, ask: tuple[Case, Draw], problem: str | None, stopped: Event) -> Heard | Misfit | Trouble:
        case, draw = ask
        said = self._said(case, self._request(case, draw, problem), stopped)
        if isinstance(said, Trouble):
            return said
        try:
            reply = read_reply(said.text, case)
        except UnreadableReplyError as error:
            began = f" (it began: {one_line(neutral(said.text), 60)})" if said.text.strip() else ""
            return Misfit(said.remark or one_line(error), began)
        odds = by_tokens(reply, said.tokens)
        if draw.odds:
            self._tells_odds = odds is not None
        return Heard(reply, odds, said.version)

    def _request(self, case: Case, draw: Draw, problem: str | None = None) -> Request:
        asked = messages(case)
        asked = asked if self._provider.knows_schema else with_schema(asked)
        asked = asked_again(asked, problem) if problem else asked
        return Request(asked, FRAME + A_CRITERION * len(case.criteria), *draw)

    def _said(self, case: Case, request: Request, stopped: Event) -> Said | Trouble:
        """A reply or a trouble that stays, tried for as long as that may help."""
        with self._pace.place():
            attempt = 1
            while True:
                outcome = self._once(case, request, stopped)
                if isinstance(outcome, Said) or outcome.then is not Then.AGAIN:
                    return outcome
                if given_up := _given_up(outcome, attempt):
                    return outcome._replace(reason=f"{outcome.reason} ({given_up})")
                self._clock.wait(backoff(attempt, outcome.wait, self._clock.chance()), stopped)
                attempt += 1

    def _once(self, case: Case, request: Request, stopped: Event) -> Said | Trouble:
        """Send a request if the budget has it, and learn from what becomes of it; JudgeError where it ends the run."""
        if stopped.is_set():
            return Trouble("the run has ended", Then.LEAVE)
        most = self._provider.most(request)
        if refusal := self._budget.reserve(most):
            return Trouble(refusal, Then.LEAVE)
        epoch = self._pace.epoch
        outcome = self._provider.ask(request)
        self._budget.settle(most, outcome.spent or most)
        if isinstance(outcome, Said):
            self._pace.succeeded()
        elif outcome.kind == "crowded":
            self._pace.crowded(epoch)
        elif outcome.then is Then.STOP:
            raise JudgeError(outcome.reason + _whereabouts(case, outcome))
        return outcome

    def _served(self, replies: Sequence[Heard]) -> str | None:
        """The versions that answered, where they say more than the name that was asked for."""
        asked = f"/{self._provider.qualified}"
        told = {each.version for each in replies if each.version and not asked.endswith(f"/{each.version}")}
        return ", ".join(sorted(told)) or None

    def _judgements(self, case: Case, heard: Sequence[Heard | Trouble]) -> tuple[Judgement, ...]:
        """What the replies that fit say together; unjudged where none does."""
        replies = [each for each in heard if isinstance(each, Heard)]
        if not replies:
            reasons = [each.reason for each in heard if isinstance(each, Trouble)]
            return tuple(Judgement(probabilities=None, failure=reasons[0]) for _ in case.criteria)
        return tuple(self._judgement(case, k, replies) for k in range(len(case.criteria)))

    def _judgement(self, case: Case, k: int, replies: Sequence[Heard]) -> Judgement:
        """The judgement of criterion `k`, with the words of a reply that agrees with it."""
        said = [each.reply.criteria[k] for each in replies]
        odds = replies[0].odds
        bare = stated(said[0].verdict) if self._samples == 1 else shares([each.verdict for each in said])
        probabilities = odds[k] if odds else bare
        agreeing = (each for each in said if WORDS[each.verdict] is probabilities.likeliest)
        judgement = judgement_of(next(agreeing, said[0]), case, probabilities)
        return judgement.model_copy(update={"served": self._served(replies)})


def _given_up(trouble: Trouble, attempt: int) -> str | None:
    if (trouble.wait or 0.0) > PATIENCE:
        return f"and asks to wait {trouble.wait:,.0f} s"
    return f"tried {attempt} times" if attempt == ATTEMPTS else None


def _whereabouts(case: Case, trouble: Trouble) -> str:
    """Where the answer is to be found that a provider will not see."""
    if trouble.kind != "filter":
        return ""
    return f"; the answer is to {case.question.id!r} and begins: {neutral(case.answer[:60])}"
