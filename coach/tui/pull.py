"""A model on its way to this machine, on a thread that holds up neither the screen nor the end of coach."""

from concurrent.futures import Future
from threading import Thread

from coach.plain import plain
from coach.shelf import InstalledModel, pull_model, readable
from coach.tui.drawing import bar


class Stopped(Exception):  # noqa: N818  # no error: the person stopped it
    """The pull was stopped; what came is kept."""


class Pull:
    """Pulls one model; `done` has it, or raises in the future why not."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.done: Future[InstalledModel] = Future()
        self._have = self._size = 0
        self._told = ""
        self._stopped = False
        Thread(target=self._run, name=f"pull {name}", daemon=True).start()

    def stop(self) -> None:
        """End with what comes next."""
        self._stopped = True

    def in_words(self) -> str:
        """How far it is."""
        if self._stopped:
            return f"{self.name}: stopping; what came is kept"
        if not self._size:
            return f"{self.name}: {self._told or 'asking the hub'}"
        share = self._have / self._size
        return f"{self.name}: {bar(share, 20)} {share:4.0%} of {readable(self._size)} {self._told}".rstrip()

    def _run(self) -> None:
        self.done.set_running_or_notify_cancel()  # from here on it cannot be cancelled, only stopped
        try:
            self.done.set_result(pull_model(self.name, progress=self._progress, tell=self._tell))
        except BaseException as error:  # as an executor does: whoever waits for it is told
            self.done.set_exception(error)

    def _progress(self, have: int, size: int) -> None:
        if self._stopped:
            raise Stopped(f"{readable(have)} of {readable(size)} are kept, and the next pull goes on from there")
        if have > self._have:
            self._told = ""
        self._have, self._size = have, size

    def _tell(self, message: str) -> None:
        self._told = plain(message)
