"""What all screens share: the app they belong to, by its own type, and the title over them."""

from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from coach.plain import plain

if TYPE_CHECKING:
    from coach.tui.app import CoachApp


class CoachScreen(Screen[None]):
    """A screen of the session."""

    @property
    def coach(self) -> "CoachApp":
        """The app."""
        return cast("CoachApp", self.app)

    def say(self, selector: str, words: str) -> None:
        """Show a text as it is: nothing in it is markup."""
        self.query_one(selector, Static).update(Content(plain(words)))

    def on_mount(self) -> None:
        """Say where one is."""
        self.sub_title = self.heading()

    def leave(self) -> None:
        """Keep what must not be lost, before another screen shows."""

    def heading(self) -> str:
        """What stands in the title line."""
        return ""
