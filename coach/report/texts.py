"""The words of the questions and criteria that grades name by their ids."""

from coach.library import Library
from coach.terms import Question


class Texts:
    """Looks up the words; a question that the banks have not is called by its id, and noted in `unknown`."""

    def __init__(self, library: Library) -> None:
        self._find = library.find
        self.unknown: set[str] = set()

    def question(self, name: str) -> str:
        """The question as an interviewer asks it."""
        found = self._question(name)
        return found.question if found else name

    def criterion(self, question: str, name: str) -> str:
        """The claim that a criterion makes."""
        found = self._question(question)
        return next((c.text for c in found.criteria if c.id == name), name) if found else name

    def _question(self, name: str) -> Question | None:
        try:
            return self._find(name)
        except KeyError:
            self.unknown.add(name)
            return None
