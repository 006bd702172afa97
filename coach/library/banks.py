"""All banks of a folder as one library.

rubrics/<bank>/*.yaml      the files of one bank: same `bank`, questions joined in file order
rubrics/<bank>.yaml        a bank in one file
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from coach.errors import BankError, CoachError, Problem
from coach.library.source import read_bank
from coach.terms import Bank, Question

SUFFIXES = {".yaml", ".yml"}


class Library:
    """Banks by id, and their questions by `question` or `bank/question`."""

    def __init__(self, banks: Mapping[str, Bank]) -> None:
        self.banks = dict(banks)
        self._questions: dict[str, list[tuple[str, Question]]] = defaultdict(list)
        for bank in self.banks.values():
            for question in bank.questions:
                self._questions[question.id].append((bank.bank, question))

    def __iter__(self) -> Iterator[tuple[Bank, Question]]:
        return ((bank, question) for bank in self.banks.values() for question in bank.questions)

    def find(self, name: str) -> Question:
        """The question called `question` or `bank/question`; KeyError says what is wrong and what is near."""
        bank, _, question_id = name.rpartition("/")
        found = [(b, q) for b, q in self._questions.get(question_id, []) if bank in ("", b)]
        if len(found) == 1:
            return found[0][1]
        raise KeyError(self._why_not(name, [b for b, _ in found]))

    def shortest(self, name: str) -> str:
        """The question's id alone where `bank/question` is more than it takes to find it."""
        bank, _, question_id = name.rpartition("/")
        banks = [b for b, _ in self._questions.get(question_id, [])]
        return question_id if banks == [bank] else name

    def _why_not(self, name: str, banks: list[str]) -> str:
        if banks:
            choices = ", ".join(f"{bank}/{name}" for bank in banks)
            remedy = f"write one of {choices}, or let --rubrics name one bank alone"
            return f"several banks have a question {name!r}; {remedy}"
        from difflib import get_close_matches

        near = get_close_matches(name, self._questions, n=1)
        return f"no bank has a question {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")


class BankFile(NamedTuple):
    """A file of a bank and the bank it must belong to."""

    path: Path
    bank: str | None


def find_banks(folder: Path) -> list[BankFile]:
    """The bank files under a folder (or the one file that is named); CoachError where there are none."""
    if folder.is_file():
        return [BankFile(folder, None)]
    if not folder.is_dir():
        raise CoachError(f"{folder}: no such folder of banks")
    loose = [BankFile(p, None) for p in _yaml_files(folder)]
    nested = [BankFile(p, sub.name) for sub in sorted(folder.iterdir()) if sub.is_dir() for p in _yaml_files(sub)]
    if not loose and not nested:
        raise CoachError(f"{folder}: no bank here; a bank is a file <bank>.yaml or a folder <bank>/*.yaml")
    return loose + nested


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix in SUFFIXES and p.is_file())


def check_banks(folder: Path) -> tuple[Library, list[Problem]]:
    """Read every bank file under a folder; the library of what could be read, and all problems."""
    parts: dict[str, list[Bank]] = defaultdict(list)
    problems: list[Problem] = []
    for file in find_banks(folder):
        try:
            bank = read_bank(file.path)
        except BankError as error:
            problems += error.problems
            continue
        problems += _misfits(file, bank, parts[bank.bank])
        parts[bank.bank].append(bank)
    return Library({name: _joined(banks) for name, banks in parts.items()}), problems


def load_library(folder: Path) -> Library:
    """The library of a folder; BankError lists every problem."""
    library, problems = check_banks(folder)
    if problems:
        raise BankError(problems)
    return library


def _misfits(file: BankFile, bank: Bank, earlier: list[Bank]) -> Iterator[Problem]:
    """What keeps a readable file out of its bank: another bank's id, or a question that is there already."""
    if file.bank is not None and bank.bank != file.bank:
        yield Problem(str(file.path), 1, "bank", f"is {bank.bank!r} in the folder {file.bank!r}; they must be the same")
    taken = {question.id for other in earlier for question in other.questions}
    for question in bank.questions:
        if question.id in taken:
            line = _line_of_question(file.path, question.id)
            message = f"{question.id!r} is taken by another file of bank {bank.bank!r}; ids are unique in a bank"
            yield Problem(str(file.path), line, "questions.id", message)


def _line_of_question(path: Path, question_id: str) -> int:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return next((n for n, line in enumerate(lines, 1) if question_id in line and "id:" in line), 1)


def _joined(banks: list[Bank]) -> Bank:
    questions = {question.id: question for bank in banks for question in bank.questions}
    return banks[0].model_copy(update={"questions": tuple(questions.values())})
