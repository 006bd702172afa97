"""Settings: who judges and who listens; what of that is on this machine, what it needs, what it costs, what to pull."""

import asyncio
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Footer, Header, Input, OptionList, Static
from textual.widgets.option_list import Option

from coach.errors import CoachError, SpeechError
from coach.grading import case_of
from coach.judges import JUDGE_NAMES, Spending, hosted_judges
from coach.plain import plain
from coach.shelf import installed_models, load_catalogue, memory, memory_needed, readable
from coach.terms import Case, Judge, Question
from coach.tui.screen import CoachScreen

FITS = {"yes": "fits", "not now": "not now: too little memory is free", "no": "too big for this machine", "unknown": ""}
JUDGES, EARS, OFFERS = "Judges", "Speech engines", "To pull; what is pulled can judge"
DRAWN_EVERY = 0.2
"""Seconds between two drawings of how far a pull is."""


class Choice(NamedTuple):
    """What can be chosen: under which heading, its name, a line about it."""

    heading: str
    name: str
    about: str


class SettingsScreen(CoachScreen):
    """The judges and speech engines of this machine, the models it can pull, and a line for any other judge."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "stop_pull", "Stop the pull"),
        Binding("escape", "app.leave", "Home"),
    ]

    def compose(self) -> ComposeResult:
        """Who judges now and what that costs, the list, the line, how far a pull is."""
        yield Header(icon="")
        yield Static(id="judge")
        yield Static(id="price")
        yield OptionList(id="judges", markup=False)
        yield Input(placeholder="Another judge: openai/gpt-4.1-mini, mini+gguf:qwen3-1.7b, ...", id="other")
        yield Static(id="pull")
        yield Footer()

    def on_mount(self) -> None:
        """The list is filled when the disk has answered."""
        super().on_mount()
        self.query_one(OptionList).focus()
        self._pull = ""
        self.set_interval(DRAWN_EVERY, self.draw_pull)
        self.draw_pull()
        self.renew()

    def heading(self) -> str:
        """Where one is."""
        return "settings"

    def renew(self) -> None:
        """Say and list what is chosen, and what there is to choose."""
        self.say("#judge", f"Judge: {self.coach.judge_name}. Enter chooses; what is chosen is remembered.")
        self._look()
        self._price()

    @work(exclusive=True, group="list")
    async def _look(self) -> None:
        found, best = await asyncio.to_thread(lambda: (list(choices()), best_ear()))
        options = self.query_one(OptionList)
        before = options.highlighted
        self._choices = found
        options.clear_options()
        options.add_options(list(_options(found, {(JUDGES, self.coach.judge_name), (EARS, self.coach.engine or best)})))
        if before is None:
            options.action_first()
        else:
            options.highlighted = min(before, options.option_count - 1)

    @work(exclusive=True, group="price")
    async def _price(self) -> None:
        self.say("#price", "Opening …")
        try:
            judge = await asyncio.wrap_future(self.coach.grader.judge)
        except CoachError as error:
            self.say("#price", f"It cannot judge: {error}")
            return
        case = usual(next(iter(self.coach.questions.values())))
        self.say("#price", await asyncio.to_thread(price, judge, case))

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        choice = self._choices[int(event.option.id or 0)]
        take = {JUDGES: self.coach.switch_judge, EARS: self.coach.switch_engine, OFFERS: self.coach.pull}
        take[choice.heading](choice.name)
        self.renew()

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        if name := event.value.strip():
            self.coach.switch_judge(name)
            self.renew()

    def draw_pull(self) -> None:
        """Say how far the model is that is on its way, if one is."""
        words = self.coach.pulling.in_words() if self.coach.pulling else ""
        if words == self._pull:
            return
        self.say("#pull", words)
        if bool(words) != bool(self._pull):
            self.refresh_bindings()
        self._pull = words

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A pull can be stopped while there is one."""
        return action != "stop_pull" or self.coach.pulling is not None

    def action_stop_pull(self) -> None:
        """Stop it; what came is kept."""
        if self.coach.pulling:
            self.coach.pulling.stop()
        self.draw_pull()


def _options(choices: list[Choice], chosen: set[tuple[str, str]]) -> Iterator[Option]:
    heading = None
    for number, each in enumerate(choices):
        if each.heading != heading:
            heading = each.heading
            yield Option(Content.styled(heading, "bold $text-accent"), disabled=True)
        sign = "●" if (each.heading, each.name) in chosen else " "
        name = (f"{sign} {plain(each.name)}", "bold")
        yield Option(Content.assemble(name, f"\n    {plain(each.about)}"), id=str(number))


def choices() -> Iterator[Choice]:
    """The judges that need nothing else, then the models of this machine; the engines; what can be pulled."""
    yield from (Choice(JUDGES, name, about) for name, about in JUDGE_NAMES.items() if "<" not in name)
    installed = installed_models()
    for model in installed:
        needs = _needs(memory_needed(model.name, model.size))
        yield Choice(JUDGES, f"gguf:{model.name}", f"{model.source}, {needs}")
    yield from _ears()
    here = {model.name for model in installed}
    for entry in load_catalogue().values():
        if entry.name not in here:
            size = f"{readable(entry.size)} to pull, " if entry.size else ""
            yield Choice(OFFERS, entry.name, f"{size}{_needs(entry.memory)}; {entry.licence}. {entry.about}")


def _needs(memory_: int) -> str:
    fits = FITS[memory().fit(memory_)]
    return f"needs {readable(memory_)} of memory" + (f"; {fits}" if fits else "")


def _ears() -> Iterator[Choice]:
    from coach.speech import ENGINES, why_not  # numpy: 0.1 s

    yield from (Choice(EARS, name, why_not(name) or about) for name, about in ENGINES.items())


def best_ear() -> str:
    """The engine that hears where none was chosen; an empty text where none can."""
    from coach.speech import best_engine

    try:
        return best_engine()
    except SpeechError:
        return ""


def usual(question: Question) -> Case:
    """A question with an answer of the usual length."""
    return case_of(question, question.reference or question.hint)


def price(judge: Judge, case: Case) -> str:
    """What judging an answer costs, in words."""
    hosted = hosted_judges(judge)
    if not hosted:
        return "An answer costs nothing and stays on this machine."
    total = Spending()
    for each in hosted:
        total = total.plus(each.estimate([case]))
    return f"An answer is sent to its provider and takes about {total.in_words()}."
