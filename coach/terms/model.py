"""The base of every noun: frozen, and closed to keys it does not know."""

from pydantic import BaseModel, ConfigDict


class Noun(BaseModel):
    """A value: it cannot change, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)
