"""Settings: who judges; what of that is on this machine, what it needs and what it would cost."""

import asyncio
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Footer, Header, Input, OptionList, Static
from textual.widgets.option_list import Option

from coach.judges import JUDGE_NAMES
from coach.plain import plain
from coach.shelf import installed_models, load_catalogue, memory, memory_needed, readable
from coach.tui.screen import CoachScreen

FITS = {"yes": "fits", "not now": "not now: too little memory is free", "no": "too big for this machine", "unknown": ""}


class Choice(NamedTuple):
    """A judge that can be chosen, with a line about it."""

    name: str
    about: str


class SettingsScreen(CoachScreen):
    """The judges of this machine, and a line for any other."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.leave", "Home")]

    def compose(self) -> ComposeResult:
        """Who judges now, the list, the line, what can be pulled."""
        yield Header(icon="")
        yield Static(id="judge")
        yield OptionList(id="judges", markup=False)
        yield Input(placeholder="Another judge: openai/gpt-4.1-mini, mini+gguf:qwen3-1.7b, ...", id="other")
        yield Static(id="offers")
        yield Footer()

    def on_mount(self) -> None:
        """The list is filled when the disk has answered."""
        super().on_mount()
        self._say_judge()
        self.query_one(OptionList).focus()
        self._look()

    def heading(self) -> str:
        """Where one is."""
        return "settings"

    def _say_judge(self) -> None:
        self.say("#judge", f"Judge: {self.coach.judge_name}. Enter chooses another, until coach is closed.")

    @work
    async def _look(self) -> None:
        judges = await asyncio.to_thread(lambda: list(choices()))
        options = self.query_one(OptionList)
        options.add_options(
            [Option(Content(plain(f"{name}\n    {about}")), id=str(i)) for i, (name, about) in enumerate(judges)]
        )
        options.action_first()
        self._judges = judges
        self.say("#offers", offers())

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        self.coach.switch_judge(self._judges[event.option_index].name)
        self._say_judge()

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        if name := event.value.strip():
            self.coach.switch_judge(name)
            self._say_judge()


def choices() -> Iterator[Choice]:
    """The judges that work on this machine without anything else, then the models that are installed."""
    yield from (Choice(name, about) for name, about in JUDGE_NAMES.items() if "<" not in name)
    here = memory()
    for model in installed_models():
        needed = memory_needed(model.name, model.size)
        fits = FITS[here.fit(needed)]
        yield Choice(f"gguf:{model.name}", f"{model.source}, needs {readable(needed)} of memory; {fits}".rstrip("; "))


def offers() -> str:
    """What can be pulled, in a line."""
    names = ", ".join(load_catalogue())
    return f"To pull, with 'coach models pull NAME': {names}. Hosted judges cost what their provider asks."
