"""What hosted judges may spend: held back before a request is sent, settled after it."""

from threading import Condition
from typing import NamedTuple, Self


class Spending(NamedTuple):
    """Requests, tokens and US dollars; the dollars are None where litellm knows no price."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    dollars: float | None = 0.0

    def plus(self, other: Self) -> Self:
        """Both together."""
        known = self.dollars is not None and other.dollars is not None
        dollars = (self.dollars or 0.0) + (other.dollars or 0.0) if known else None
        return type(self)(
            self.requests + other.requests,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            dollars,
        )

    def in_words(self) -> str:
        """As a progress line has it."""
        price = "price unknown" if self.dollars is None else f"${self.dollars:.4f}"
        noun = "request" if self.requests == 1 else "requests"
        return f"{self.requests:,} {noun}, {self.tokens_in:,} tokens in, {self.tokens_out:,} out, {price}"


class Budget:
    """Lets a request through only where all that is under way can end at its dearest within the limits."""

    def __init__(self, max_cost: float | None = None, max_requests: int | None = None) -> None:
        self._max_cost, self._max_requests = max_cost, max_requests
        self._changed = Condition()
        self._spent = Spending()
        self._held: list[Spending] = []

    @property
    def spent(self) -> Spending:
        """What was spent so far; a request whose outcome is not known counts at its dearest."""
        with self._changed:
            return self._spent

    def reserve(self, most: Spending) -> str | None:
        """Hold back the most that a request can cost; why not, where the budget does not have it.

        Waits while requests under way may turn out cheaper than what is held back for them. None means held:
        `settle` must follow.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._passed(most) or not self._passed(most, *self._held))
            refusal = self._passed(most)
            if refusal is None:
                self._held.append(most)
            return refusal

    def settle(self, most: Spending, spent: Spending) -> None:
        """Give back what was held and count what was spent."""
        with self._changed:
            self._held.remove(most)
            self._spent = self._spent.plus(spent)
            self._changed.notify_all()

    def _passed(self, *more: Spending) -> str | None:
        total = self._spent
        for each in more:
            total = total.plus(each)
        if self._max_requests is not None and total.requests > self._max_requests:
            return f"the budget of {self._max_requests:,} requests is used up"
        if self._max_cost is not None and (total.dollars is None or total.dollars > self._max_cost):
            return f"the budget of {_dollars(self._max_cost)} is used up"
        return None


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}" if round(amount, 2) == amount else f"${amount:g}"
