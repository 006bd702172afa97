"""Review: the score, each criterion with its verdict and quote, the answer with its quotes marked."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Footer, Header, OptionList, Static
from textual.widgets.option_list import Option

from coach.errors import CoachError
from coach.grading.feedback import HEADINGS, KEYS, in_order_of_telling
from coach.plain import plain
from coach.practice import Event
from coach.practice.rounds import Round, grade_of, next_nudge, nudged, nudges, recovered
from coach.terms import Attempt, CriterionGrade, Grade, OwnVerdict, Record, Verdict
from coach.tui.marking import MARKS, Marked, in_words, marked
from coach.tui.reading import ReadingScreen
from coach.tui.screen import CoachScreen
from coach.tui.spoken import delivery_line
from coach.tui.standing import standing

_YOURS = Binding.Group("Your verdict", compact=True)


class Pending(NamedTuple):
    """An attempt whose grade is coming."""

    attempt: Attempt
    grade: "Future[Grade]"


class ReviewScreen(CoachScreen):
    """A round as far as it is graded; it shows that it is grading until a pending grade is there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"rule('{verdict}')", HEADINGS[verdict], group=_YOURS) for key, verdict in KEYS.items()),
        Binding("f", "follow_up", "Follow-up"),
        Binding("a", "reference", "Model answer"),
        Binding("n", "next", "Next"),
        Binding("escape", "app.leave", "Home"),
    ]

    def __init__(self, round_: Round, pending: Pending | None = None) -> None:
        super().__init__()
        self.round, self._pending = round_, pending

    def compose(self) -> ComposeResult:
        """The score over the criteria, beside them the answer, below them what comes next."""
        yield Header(icon="")
        yield Static(id="headline")
        with Horizontal():
            yield OptionList(id="criteria", markup=False)
            with Vertical():
                yield Static(id="point")
                with VerticalScroll(classes="answer"):
                    yield Static(id="said")
        yield Static(id="delivery")
        yield Static(id="next")
        yield Footer()

    def on_mount(self) -> None:
        """Wait for the grade without holding up the keyboard."""
        super().on_mount()
        self._show()
        self._show_delivery()
        if self._pending:
            self.say("#headline", "Grading …")
            self.say("#said", self._pending.attempt.text)
            self._await_grade(self._pending)

    def heading(self) -> str:
        """The level."""
        return self.round.question.level

    @work
    async def _await_grade(self, pending: Pending) -> None:
        trouble, grade = "", None
        try:
            grade = await asyncio.shield(asyncio.wrap_future(pending.grade))  # it goes on when one leaves
        except CoachError as error:
            trouble = f"Not graded: {error}"
        weights = {each.id: each.weight for each in self.round.question.criteria}
        self.round = self.round.then(Record(attempt=pending.attempt, grade=grade, weights=weights))
        self.coach.go(Event.GRADED)
        self._show()
        if trouble:
            self.say("#headline", trouble)

    def _show_delivery(self) -> None:
        """Say how the answer and its follow-ups were said, beside the grade."""
        attempts = [record.attempt for record in self.round.records]
        if self._pending:
            attempts.append(self._pending.attempt)
        lines = [
            f"Follow-up. {line}" if attempt.follow_up else line
            for attempt in attempts
            if (line := delivery_line(attempt.delivery))
        ]
        self.say("#delivery", "\n".join(lines))
        self.query_one("#delivery").display = bool(lines)

    def _show(self) -> None:
        grade = grade_of(self.round)
        if grade is None:
            return
        self.say("#headline", standing(self.round))
        criteria = self.query_one(OptionList)
        criteria.clear_options()
        criteria.add_options(list(self._options(grade)))
        criteria.focus()
        criteria.highlighted = self._first(criteria)
        self._show_next()

    def _first(self, criteria: OptionList) -> int:
        """The criterion that was asked about last, or the first."""
        last = self.round.records[-1].attempt.follow_up
        return criteria.get_option_index(last.criterion) if last else 0

    def _options(self, grade: Grade) -> Iterator[Option]:
        """The criteria, what was contradicted first."""
        for each in in_order_of_telling(grade.criteria):
            yield Option(self._line(each), id=each.id)

    def _line(self, judged: CriterionGrade) -> Content:
        better = recovered(self.round).get(judged.id)
        sign, after = MARKS[judged.verdict][0], f"→{MARKS[better][0]}" if better else ""
        yours = " (your verdict)" if judged.review else ""
        return Content(f"{sign}{after} {plain(self.round.question.criterion(judged.id).text)}{yours}")

    @on(OptionList.OptionHighlighted)
    def _select(self, event: OptionList.OptionHighlighted) -> None:
        if judged := self._judged(event.option.id):
            self._show_point(judged)

    def _judged(self, criterion: str | None) -> CriterionGrade | None:
        grade = grade_of(self.round)
        return next((each for each in grade.criteria if each.id == criterion), None) if grade else None

    def _selected(self) -> CriterionGrade | None:
        option = self.query_one(OptionList).highlighted_option
        return self._judged(option.id) if option else None

    def _show_point(self, judged: CriterionGrade) -> None:
        """Say the verdict on a criterion and mark its quotes in the answer."""
        self.query_one("#point", Static).update(self._verdict(judged))
        said = self._said(judged)
        self.query_one("#said", Static).update(said.content)
        self.call_after_refresh(self._bring_into_sight, said)

    def _verdict(self, judged: CriterionGrade) -> Content:
        sign, colour = MARKS[judged.verdict]
        lines = [(f"{sign} {in_words(judged)}", colour)]
        if judged.verdict is Verdict.CONTRADICTED:
            lines.append((f"\nTrue is: {plain(self.round.question.criterion(judged.id).text)}", "bold"))
        if judged.verdict is Verdict.UNJUDGED:
            lines.append(("\n" + ", ".join(f"{key} {HEADINGS[verdict].lower()}" for key, verdict in KEYS.items()), ""))
        if better := recovered(self.round).get(judged.id):
            sign, colour = MARKS[better]
            lines.append((f"\n{sign} {HEADINGS[better]} after the nudge", colour))
        elif nudges(self.round, judged.id):
            lines.append(("\nNot recovered after the nudge", ""))
        return Content.assemble(*lines)

    def _said(self, judged: CriterionGrade) -> Marked:
        """The answer, and under it what was said after the nudge about the criterion."""
        grade = grade_of(self.round)
        assert grade is not None
        said = marked(self.round.records[0].attempt.text, grade.criteria, judged.id)
        for record in nudges(self.round, judged.id):
            asked = nudged(self.round, self.round.question.criterion(judged.id)).question
            after = marked(record.attempt.text, record.grade.criteria if record.grade else (), judged.id)
            before = Content.assemble(said.content, (f"\n\nAsked next: {plain(asked)}\n", "bold"))
            return Marked(before + after.content, len(before))
        return said

    def _bring_into_sight(self, said: Marked) -> None:
        """Bring the quote into sight."""
        if said.start is None:
            return
        width = self.query_one("#said").content_size.width
        line = len(said.content[: said.start].wrap(max(1, width))) - 1
        self.query_one(VerticalScroll).scroll_to(y=max(0, line - 1), animate=False)

    def _show_next(self) -> None:
        nudge = next_nudge(self.round)
        words = f"Next (f): {nudged(self.round, nudge).question}" if nudge else "Next (n): another question."
        self.say("#next", words)

    def action_rule(self, verdict: str) -> None:
        """Keep the person's own verdict on the selected criterion."""
        judged = self._selected()
        if judged is None:
            return
        own = OwnVerdict(criterion=judged.id, verdict=Verdict(verdict), author=self.coach.author, at=self.coach.clock())
        attempt = self.round.records[0].attempt.id
        self.coach.keep(lambda journal: journal.keep_verdict(attempt, own))
        self.round = self.round.ruled(own)
        self._show_ruled(judged.id)

    def _show_ruled(self, criterion: str) -> None:
        judged = self._judged(criterion)
        assert judged is not None
        self.query_one(OptionList).replace_option_prompt(criterion, self._line(judged))
        self.say("#headline", standing(self.round))
        self._show_point(judged)
        self._show_next()

    async def action_follow_up(self) -> None:
        """Ask about the weakest criterion."""
        from coach.tui.follow_up import FollowUpScreen

        if nudge := next_nudge(self.round):
            draft = await self.coach.draft_of(self.round.name, nudge.id)
            self.coach.go(Event.FOLLOW_UP, lambda: FollowUpScreen(self.round, nudge, draft))

    def action_reference(self) -> None:
        """Show the model answer over the review."""
        reference = self.round.question.reference or "This question has none."
        self.app.push_screen(ReadingScreen("Model answer", reference))

    async def action_next(self) -> None:
        """Ask what is due next, or what is new."""
        await self.coach.ask_next()
