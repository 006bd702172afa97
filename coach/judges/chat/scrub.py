"""Keys stay in the environment: out of every text that a provider or its library hands back."""

import os
import re

SHORTEST = 7
"""A shorter value is no key; taking it out would only spoil texts."""

_SECRET = re.compile("KEY|TOKEN|SECRET", re.IGNORECASE)


def scrubbed(text: str) -> str:
    """The text without the value of any environment variable whose name says that it is secret."""
    for secret in sorted(_secrets(), key=len, reverse=True):  # a short one may be a part of a long one
        text = text.replace(secret, "(a key)")
    return text


def secret_names(start: str) -> list[str]:
    """The secret variables that are set and whose names begin with this word, underscores aside."""
    return sorted(name for name in os.environ if _SECRET.search(name) and name.replace("_", "").startswith(start))


def _secrets() -> set[str]:
    found = {value.strip() for name, value in os.environ.items() if _SECRET.search(name)}
    return {value for value in found if len(value) >= SHORTEST}
