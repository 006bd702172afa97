"""JSON without spaces, whatever the text in it."""

import json
import re

from pydantic_core import PydanticSerializationError, to_json

_CONTROLS = re.compile(rb"\x7f|\xc2[\x80-\x9f]")
"""U+007F to U+009F in UTF-8: JSON lets them stand as they are, but terminals obey them."""


def compact_json(whole: object) -> bytes:
    """One line of UTF-8 without control characters; quick, and right also for what is rarely met."""
    line = _json(whole)
    return _CONTROLS.sub(_escaped, line) if b"\x7f" in line or b"\xc2" in line else line


def _json(whole: object) -> bytes:
    try:
        return to_json(whole)
    except PydanticSerializationError:  # a lone surrogate, which UTF-8 cannot write, or lists in lists beyond counting
        return json.dumps(whole, separators=(",", ":")).encode()


def _escaped(control: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(control[0].decode())
