"""Text from answers, banks and models as a terminal can safely show it."""

_PICTURES = {i: chr(0x2400 + i) for i in range(32) if chr(i) not in "\n\t"}
_REPLACED = dict.fromkeys((*range(128, 160), *range(8234, 8239), *range(8294, 8298), *range(55296, 57344)), "�")
_TABLE = _PICTURES | {0x7F: "\u2421"} | _REPLACED


def plain(text: str) -> str:
    """The text with control characters made visible, one for one, so that offsets stay.

    Escape sequences, direction overrides and lone surrogates cannot reach the terminal; line breaks and tabs can.
    """
    return text.translate(_TABLE)
