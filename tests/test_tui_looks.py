"""How each screen looks: small and dark, large and light."""

from collections.abc import Callable
from pathlib import Path

import pytest
from practice_records import NOON, days, judged, record
from textual.pilot import Pilot
from tui_pilot import answered, app_of, practised, press, settled, still, written

from coach.judges import ScriptedJudge
from coach.library import Library
from coach.shelf import Memory
from coach.terms import Record, Verdict

KEYS = {
    "home": (),
    "ask": ("enter", "ctrl+t", "ctrl+t"),
    "progress": ("p",),
    "mock": ("m",),
    "settings": ("s",),
    "help": ("f1",),
}
"""What leads to a screen that needs no answer."""
GB = 1_000_000_000
MISSING = {"parakeet": "is not installed: pip install 'coach[speech]'"}
"""What the machine of these pictures lacks."""


def history() -> list[Record]:
    """Three weeks of practice."""
    points = judged("first", Verdict.COVERED), judged("odd", Verdict.MISSED), judged("square", Verdict.PARTIAL, 0.7)
    return [
        record("demo/one", NOON - days(20 - 4 * n), *points, score=20.0 * n, hints=n % 2, self_rating=62.5, seconds=90)
        for n in range(5)
    ]


async def rated(pilot: Pilot[None]) -> None:
    await press(pilot, "home", "enter")
    await written(pilot)


async def followed_up(pilot: Pilot[None]) -> None:
    await answered(pilot)
    await press(pilot, "f")
    await written(pilot, "It is the square of itself.")


async def report(pilot: Pilot[None]) -> None:
    await press(pilot, "m", "enter")
    for _ in range(3):
        await written(pilot)


ANSWERED = {"rate": rated, "review": answered, "follow-up": followed_up, "report": report}


@pytest.mark.parametrize(("size", "theme"), [((80, 24), "textual-dark"), ((200, 60), "textual-light")])
@pytest.mark.parametrize("screen", [*KEYS, *ANSWERED])
def test_screens_look_as_they_did(
    snap_compare: Callable[..., bool],
    library: Library,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    theme: str,
    screen: str,
) -> None:
    monkeypatch.setattr("coach.tui.settings.installed_models", list)
    monkeypatch.setattr("coach.tui.settings.memory", lambda: Memory(8 * GB, 2 * GB))
    monkeypatch.setattr("coach.speech.why_not", MISSING.get)
    monkeypatch.setattr("coach.speech.best_engine", lambda: "pocketsphinx")
    practised(tmp_path, history())

    async def drive(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme
        await settled(pilot)
        if screen in KEYS:
            await press(pilot, *KEYS[screen])
        else:
            await ANSWERED[screen](pilot)
        still(pilot)
        await settled(pilot)

    assert snap_compare(app_of(library, tmp_path, ScriptedJudge()), terminal_size=size, run_before=drive)
