"""A practice session as a table: what can happen in each state, and where it leads.

A follow-up has its own state: it is answered without hints and without a rating of one's own. From listening and
transcribing, `ask` and `follow_up` lead back to what was asked, where a transcript is edited as typed words are, and
`speak` back to the recording; in a mock interview `ask` is also the next question. `skip` passes over a rating or a
follow-up. `leave` leads home from everywhere.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum


class State(StrEnum):
    """What the person is at."""

    HOME = "home"
    ASKING = "asking"
    LISTENING = "listening"
    TRANSCRIBING = "transcribing"
    RATING = "rating"
    GRADING = "grading"
    REVIEWING = "reviewing"
    FOLLOWING_UP = "following_up"
    MOCK_REPORT = "mock_report"
    PROGRESS = "progress"
    SETTINGS = "settings"


class Event(StrEnum):
    """What the person does, or what has come of it."""

    ASK = "ask"
    FOLLOW_UP = "follow_up"
    SPEAK = "speak"
    TRANSCRIBE = "transcribe"
    SUBMIT = "submit"
    RATED = "rated"
    SKIP = "skip"
    GRADED = "graded"
    FINISH = "finish"
    SHOW_PROGRESS = "show_progress"
    SHOW_SETTINGS = "show_settings"
    LEAVE = "leave"


_STEPS: dict[State, dict[Event, State]] = {
    State.HOME: {
        Event.ASK: State.ASKING,
        Event.SHOW_PROGRESS: State.PROGRESS,
        Event.SHOW_SETTINGS: State.SETTINGS,
    },
    State.ASKING: {
        Event.SPEAK: State.LISTENING,
        Event.SUBMIT: State.RATING,
        Event.ASK: State.ASKING,
        Event.FINISH: State.MOCK_REPORT,
    },
    State.FOLLOWING_UP: {
        Event.SPEAK: State.LISTENING,
        Event.SUBMIT: State.GRADING,
        Event.SKIP: State.REVIEWING,
        Event.ASK: State.ASKING,
    },
    State.LISTENING: {
        Event.TRANSCRIBE: State.TRANSCRIBING,
        Event.ASK: State.ASKING,
        Event.FOLLOW_UP: State.FOLLOWING_UP,
    },
    State.TRANSCRIBING: {
        Event.SPEAK: State.LISTENING,
        Event.ASK: State.ASKING,
        Event.FOLLOW_UP: State.FOLLOWING_UP,
    },
    State.RATING: {Event.RATED: State.GRADING, Event.SKIP: State.GRADING},
    State.GRADING: {Event.GRADED: State.REVIEWING},
    State.REVIEWING: {Event.FOLLOW_UP: State.FOLLOWING_UP, Event.ASK: State.ASKING},
    State.MOCK_REPORT: {},
    State.PROGRESS: {Event.ASK: State.ASKING},
    State.SETTINGS: {},
}

TRANSITIONS: Mapping[tuple[State, Event], State] = {
    (state, event): target
    for state, steps in _STEPS.items()
    for event, target in (steps if state is State.HOME else steps | {Event.LEAVE: State.HOME}).items()
}
"""Where each event leads from each state that knows it."""


def after(state: State, event: Event) -> State:
    """The state that an event leads to; one that the state does not know changes nothing.

    So a grade or a transcript that comes when the person has left does no harm.
    """
    return TRANSITIONS.get((state, event), state)


def events(state: State) -> tuple[Event, ...]:
    """What can happen in a state, in the table's order."""
    return tuple(event for known, event in TRANSITIONS if known is state)


def mermaid() -> str:
    """The table as a Mermaid state diagram."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "stateDiagram-v2"
    yield f"    [*] --> {State.HOME}"
    for (state, event), target in TRANSITIONS.items():
        yield f"    {state} --> {target}: {event}"
