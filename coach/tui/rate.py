"""Rate: how good the person thinks the answer was, before the grade is seen."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Footer, Header, Static

from coach.practice import Event
from coach.practice.rounds import Round
from coach.tui.review import Pending, ReviewScreen
from coach.tui.screen import CoachScreen

RATINGS = {"1": ("little of it", 12.5), "2": ("some of it", 37.5), "3": ("most of it", 62.5), "4": ("nearly all", 87.5)}
"""A key each: in words, and the score it expects, the middle of its quarter."""

_RATING = Binding.Group("Your rating", compact=True)


class RateScreen(CoachScreen):
    """The answer that was handed in, and four keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"rate('{key}')", words, group=_RATING) for key, (words, _) in RATINGS.items()),
        Binding("enter", "skip", "Skip"),
        Binding("escape", "app.leave", "Home"),
    ]

    def __init__(self, round_: Round, pending: Pending) -> None:
        super().__init__()
        self._round, self._pending = round_, pending

    def compose(self) -> ComposeResult:
        """What is asked, over what was said."""
        yield Header(icon="")
        yield Static(id="asked")
        yield Static(id="rating")
        with VerticalScroll(classes="answer"):
            yield Static(id="said")
        yield Footer()

    def on_mount(self) -> None:
        """Nothing to type: keys alone."""
        super().on_mount()
        self.say("#asked", self._round.question.question)
        choices = "   ".join(f"{key} {words}" for key, (words, _) in RATINGS.items())
        self.say("#rating", f"How much of a full answer was that?\n{choices}")
        self.say("#said", self._pending.attempt.text)

    def heading(self) -> str:
        """What is asked here."""
        return "rate yourself"

    def action_rate(self, key: str) -> None:
        """Keep the score that the person expects."""
        expected = RATINGS[key][1]
        attempt = self._pending.attempt.model_copy(update={"self_rating": expected})
        self.coach.keep(lambda journal: journal.rate(attempt.id, expected))
        self.coach.go(Event.RATED, lambda: ReviewScreen(self._round, self._pending._replace(attempt=attempt)))

    def action_skip(self) -> None:
        """On to the grade."""
        self.coach.go(Event.SKIP, lambda: ReviewScreen(self._round, self._pending))
