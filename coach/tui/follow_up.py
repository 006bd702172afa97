"""Follow-up: what an interviewer would ask next, answered without hints and graded against its one criterion."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from coach.practice import Event
from coach.practice.rounds import Round, nudged
from coach.terms import Attempt, Criterion, Draft, FollowUp
from coach.tui.ask import AskScreen
from coach.tui.review import Pending, ReviewScreen


class FollowUpScreen(AskScreen):
    """A follow-up of a round; what is recovered shows in the review."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Back to the review")]
    HINTED = False
    AGAIN = Event.FOLLOW_UP

    def __init__(self, round_: Round, criterion: Criterion, draft: Draft | None = None) -> None:
        follow_up = FollowUp(attempt=round_.records[0].attempt.id, criterion=criterion.id)
        super().__init__(round_.name, nudged(round_, criterion), draft, follow_up)
        self._round, self._criterion = round_, criterion

    def heading(self) -> str:
        """Which of the follow-ups."""
        return f"follow-up {len(self._round.records)}"

    def again(self, draft: Draft) -> AskScreen:
        """The same follow-up, with what there is of the answer by now."""
        return FollowUpScreen(self._round, self._criterion, draft)

    def submitted(self, attempt: Attempt) -> None:
        """Back to the review, where the grade will show."""
        pending = Pending(attempt, self.coach.hand_in(self.question, attempt))
        self.coach.go(Event.SUBMIT, lambda: ReviewScreen(self._round, pending))

    def action_back(self) -> None:
        """Pass over the follow-up; its draft stays."""
        self.coach.go(Event.SKIP, lambda: ReviewScreen(self._round))
