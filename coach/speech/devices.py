"""The machine's microphone and loudspeaker, by miniaudio; for use in a child process."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from coach.errors import SpeechError
from coach.speech.terms import RATE

if TYPE_CHECKING:
    import miniaudio

BLOCK = 50
"""Milliseconds of sound that come from the microphone at once."""
PLAYED = 200
"""Milliseconds that go to the loudspeaker at once: enough not to run dry on a busy machine."""
_NO_SOUND = "Null"
"""The back end that miniaudio falls back to where a machine has no sound: it records silence."""

_Device = TypeVar("_Device")


def microphone_names() -> list[str]:
    """The names of the microphones; SpeechError where there is none."""
    import miniaudio

    try:
        names = [str(device["name"]) for device in miniaudio.Devices().get_captures()]
    except miniaudio.MiniaudioError as error:
        raise SpeechError(refusal("microphone", error.args[-1])) from None
    if not names:
        raise SpeechError(refusal("microphone", miniaudio.lib.MA_NO_DEVICE))
    return names


def microphone() -> "miniaudio.CaptureDevice":
    """The person's default microphone, to be closed: 16 bits, one channel; SpeechError where it cannot be opened."""
    import miniaudio

    return _with_sound("microphone", miniaudio.CaptureDevice, BLOCK)


def loudspeaker() -> "miniaudio.PlaybackDevice":
    """The person's default loudspeaker, likewise."""
    import miniaudio

    return _with_sound("loudspeaker", miniaudio.PlaybackDevice, PLAYED)


def _with_sound(kind: str, device_of: Callable[..., _Device], block: int) -> _Device:
    import miniaudio

    try:
        device: Any = device_of(miniaudio.SampleFormat.SIGNED16, 1, RATE, block, app_name="coach")
    except miniaudio.MiniaudioError as error:
        raise SpeechError(refusal(kind, error.args[-1])) from None
    if device.backend == _NO_SOUND:
        raise SpeechError(refusal(kind, miniaudio.lib.MA_NO_DEVICE))
    opened: _Device = device
    return opened


def refusal(kind: str, code: object) -> str:
    """What miniaudio's result code means to the person."""
    import miniaudio

    if code == miniaudio.lib.MA_ACCESS_DENIED:
        return (
            f"coach may not use the {kind}; allow it in the system's privacy settings (macOS, Windows), "
            "or join the group 'audio' (Linux)"
        )
    if code in (miniaudio.lib.MA_BUSY, miniaudio.lib.MA_ALREADY_IN_USE):
        return f"another program uses the {kind}; close it and try again"
    return f"there is no {kind}; plug one in, or choose one in the system's sound settings"
