"""Home: what is due, where one stands, and every question, found by typing a part of it."""

import asyncio
from collections.abc import Iterator
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Footer, Header, Input, OptionList, Static
from textual.widgets.option_list import Option

from coach.errors import JournalError
from coach.plain import plain
from coach.practice import Mastery
from coach.tui.drawing import bar
from coach.tui.keeper import NOTHING
from coach.tui.listing import AT_ONCE, Listing
from coach.tui.screen import CoachScreen
from coach.tui.today import Today, today_of

MORE = "more"


class HomeScreen(CoachScreen):
    """All questions under their headings, beside them mastery by level and tag."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next", "Next"),
        Binding("slash", "search", "Search"),
        Binding("m", "app.mock", "Mock"),
        Binding("p", "app.progress", "Progress"),
        Binding("s", "app.settings", "Settings"),
        Binding("question_mark", "app.help", "Help"),
        Binding("escape", "clear", "Clear search", show=False),
        Binding("down", "to_list", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The day's figures; a search line over the list; the bars."""
        yield Header(icon="")
        yield Static(id="today")
        with Horizontal():
            with Vertical():
                yield Input(placeholder="Search questions, banks, levels and tags", id="filter", select_on_focus=False)
                yield OptionList(id="questions", markup=False)
            with VerticalScroll(id="mastery", can_focus=False):
                yield Static(id="bars")
        yield Footer()

    def on_mount(self) -> None:
        """The list has the keyboard first."""
        super().on_mount()
        self._listing = Listing(self.coach.questions)
        self._entries, self._limit = self._listing.entries, AT_ONCE
        self._fill()
        self._first()

    def heading(self) -> str:
        """How many questions there are."""
        return f"{len(self.coach.questions)} questions"

    def on_screen_resume(self) -> None:
        """What was done since is counted."""
        self.renew()

    @work(exclusive=True)
    async def renew(self) -> None:
        """Draw what the journal says now."""
        try:
            past = await asyncio.wrap_future(self.coach.keeper.past())
        except JournalError:  # the app has told it, and ends
            past = NOTHING
        today = await asyncio.to_thread(today_of, self.coach.questions, past, self.coach.clock())
        self._entries = self._listing.arranged(past, today.due)
        self.say("#today", today.summary)
        self._today = today
        self.call_after_refresh(self._draw_bars)
        self._fill()

    def _draw_bars(self) -> None:
        self.say("#bars", "\n".join(_bars(self._today, self.query_one("#mastery").scrollable_content_region.width)))

    def on_resize(self) -> None:
        """Bars are as long as there is room."""
        if hasattr(self, "_today"):
            self.call_after_refresh(self._draw_bars)

    def _first(self) -> None:
        questions = self.query_one(OptionList)
        questions.focus()
        questions.action_first()

    def _fill(self) -> None:
        """Draw what is searched for; the question that was selected stays so where it is still there."""
        questions = self.query_one(OptionList)
        selected = questions.highlighted_option and questions.highlighted_option.id
        questions.clear_options()
        questions.add_options(list(self._options()))
        ids = [option.id for option in questions.options]
        if selected in ids:
            questions.highlighted = ids.index(selected)
        else:
            questions.action_first()

    def _options(self) -> Iterator[Option]:
        found = self._listing.find(self.query_one(Input).value, self._entries, self._limit)
        heading = None
        for entry in found.entries:
            if entry.heading != heading:
                heading = entry.heading
                yield Option(Content.styled(heading, "bold $text-accent"), disabled=True)
            yield Option(Content(f"{entry.sign} {plain(self.coach.questions[entry.name].question)}"), id=entry.name)
        if found.more:
            yield Option(Content(f"… {found.more} more: type to narrow, Enter to show"), id=MORE)

    @on(Input.Changed)
    def _filter(self) -> None:
        self._limit = AT_ONCE
        self._fill()

    @on(Input.Submitted)
    def action_to_list(self) -> None:
        """From the search line into the list."""
        self._first()

    def action_search(self) -> None:
        """From the list into the search line."""
        self.query_one(Input).focus()

    def action_clear(self) -> None:
        """Show all questions again."""
        self.query_one(Input).value = ""
        self._first()

    @on(OptionList.OptionSelected)
    async def _chosen(self, event: OptionList.OptionSelected) -> None:
        if event.option.id == MORE:
            self._limit += AT_ONCE
            self._fill()
        elif event.option.id is not None:
            await self.coach.ask(event.option.id)

    async def action_next(self) -> None:
        """Ask what is due, or what is new."""
        await self.coach.ask_next()


def _bars(today: Today, width: int) -> Iterator[str]:
    """Mastery of each level, then of each tag."""
    for heading, groups in (("Levels", today.levels), ("Tags", today.tags)):
        if groups:
            yield heading
            name = max(map(len, groups))
            yield from (_bar_line(group, each, min(name, width // 2), width) for group, each in groups.items())
            yield ""


def _bar_line(group: str, mastery: Mastery, name: int, width: int) -> str:
    drawn = bar(mastery.share, max(4, width - name - 7))
    return f"{plain(group)[:name]:{name}} {drawn} {mastery.share:4.0%}"
