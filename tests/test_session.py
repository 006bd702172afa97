"""The practice session: a table without dead ends, and its picture."""

from pathlib import Path

import pytest

from coach.practice import TRANSITIONS, Event, State, after, events, mermaid

LONGEST = 6
DIAGRAM = Path(__file__).parent.parent / "docs" / "session.md"


def states_after_every_sequence(start: State, length: int) -> list[set[State]]:
    """For each length up to this one the states that the event sequences of that length end in.

    Sequences that end in one state go on alike, so that the walk is over states; events unknown there are tried too.
    """
    ends = [{start}]
    for _ in range(length):
        ends.append({after(state, event) for state in ends[-1] for event in Event})
    return ends


@pytest.mark.parametrize("start", State)
def test_every_sequence_of_events_ends_where_there_is_a_way_home(start: State) -> None:
    for ends in states_after_every_sequence(start, LONGEST):
        for state in ends:
            assert State.HOME in set().union(*states_after_every_sequence(state, LONGEST))


def test_every_state_is_reached_from_home_within_six_events() -> None:
    assert set().union(*states_after_every_sequence(State.HOME, LONGEST)) == set(State)


def test_every_event_is_of_use() -> None:
    assert {event for _, event in TRANSITIONS} == set(Event)


@pytest.mark.parametrize("state", set(State) - {State.HOME})
def test_leaving_leads_home_at_once(state: State) -> None:
    assert Event.LEAVE in events(state)
    assert after(state, Event.LEAVE) is State.HOME


def test_what_comes_too_late_changes_nothing() -> None:
    assert after(State.HOME, Event.GRADED) is State.HOME
    assert after(State.ASKING, Event.TRANSCRIBE) is State.ASKING


def test_a_spoken_answer_goes_through_its_transcript_to_the_review_and_on() -> None:
    path = [
        (Event.ASK, State.ASKING),
        (Event.SPEAK, State.LISTENING),
        (Event.TRANSCRIBE, State.TRANSCRIBING),
        (Event.ASK, State.ASKING),
        (Event.SUBMIT, State.RATING),
        (Event.SKIP, State.GRADING),
        (Event.GRADED, State.REVIEWING),
        (Event.FOLLOW_UP, State.FOLLOWING_UP),
        (Event.SPEAK, State.LISTENING),
        (Event.TRANSCRIBE, State.TRANSCRIBING),
        (Event.SPEAK, State.LISTENING),
        (Event.FOLLOW_UP, State.FOLLOWING_UP),
        (Event.SUBMIT, State.GRADING),
        (Event.GRADED, State.REVIEWING),
        (Event.ASK, State.ASKING),
    ]
    state = State.HOME
    for event, expected in path:
        state = after(state, event)
        assert state is expected


def test_the_diagram_in_the_docs_is_the_table() -> None:
    drawn = DIAGRAM.read_text(encoding="utf-8").split("```mermaid\n")[1].split("\n```")[0]
    assert drawn == mermaid(), "draw it again: python docs/session_diagram.py"
    assert len(drawn.splitlines()) == len(TRANSITIONS) + 2
