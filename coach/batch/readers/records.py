"""From a row of an answer file to an answer with its question.

A record that cannot be graded carries its error instead of an answer, and never stops the rest.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from coach.batch.first_seen import FirstSeen
from coach.errors import CoachError
from coach.library import Library
from coach.terms import Answer, GradeError, Question, writable

AUDIO = "audio"
"""The key of a recording in place of an answer."""
_JSON_TYPES = {
    bool: "true or false",
    dict: "an object",
    float: "a number",
    int: "a number",
    list: "a list",
    type(None): "null",
}

Transcribe = Callable[[Path], str]
"""From a recording to what was said; CoachError where it cannot be."""


class Columns(NamedTuple):
    """What a file calls the parts of a record: keys of JSON Lines, columns of tables."""

    id: str = "id"
    question: str = "question"
    answer: str = "answer"

    def __str__(self) -> str:
        return f"{self.id}, {self.question} and {self.answer}"


DEFAULT = Columns()


class Record(NamedTuple):
    """One answer with its question, or the error that stands in its place."""

    where: str
    answer: Answer
    question: Question | None
    error: GradeError | None = None


class BadRecordError(ValueError):
    """A record that cannot be graded: a code and what to do."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Row(NamedTuple):
    """A record as it stands in its file: where, its keys and values, and why it cannot be read where it cannot."""

    where: str
    data: Mapping[str, Any]
    problem: BadRecordError | None = None


class RecordReader(NamedTuple):
    """Makes the records of one file; recordings are looked for in `folder`."""

    library: Library
    columns: Columns
    transcribe: Transcribe | None
    folder: Path
    ids: FirstSeen

    def record(self, number: int, row: Row) -> Record:
        """The record of row `number`; a bad one keeps what there is of it, so that nothing is lost."""
        try:
            if row.problem:
                raise row.problem
            answer = self._answer(row.data)
            self._claim(answer.id, number)
            return Record(row.where, answer, self._question(answer))
        except BadRecordError as bad:
            error = GradeError(code=bad.code, message=str(bad), where=row.where)
            return Record(row.where, self._what_there_is(row.data), None, error)

    def _answer(self, data: Mapping[str, Any]) -> Answer:
        text = writable(self._words(data))
        if not text.strip():
            raise BadRecordError("empty_answer", "the answer is empty; leave the record out or give its text")
        name, question = self._name(data, self.columns.id), self._name(data, self.columns.question)
        return Answer(id=name, question=question, text=text, carried=self._carried(data))

    def _words(self, data: Mapping[str, Any]) -> str:
        audio = data.get(AUDIO)
        if audio and isinstance(audio, str) and not data.get(self.columns.answer):
            return self._transcript(self.folder / audio)
        return self._text(data, self.columns.answer)

    def _transcript(self, path: Path) -> str:
        if self.transcribe is None:
            raise BadRecordError("audio_unsupported", f"{path} cannot be transcribed here; give its words as 'answer'")
        try:
            if not path.is_file():
                raise BadRecordError("no_such_audio", f"{path}: no such file; 'audio' is a path relative to its file")
            return self.transcribe(path)
        except OSError as error:
            raise BadRecordError("cannot_be_read", f"{path} cannot be read: {error.strerror}") from None
        except CoachError as error:
            why = str(error).removeprefix(f"{path.absolute()}: ")
            raise BadRecordError("audio_failed", f"{path} cannot be transcribed: {why}") from None

    def _name(self, data: Mapping[str, Any], key: str) -> str:
        name = self._text(data, key)
        if not name.strip():
            raise BadRecordError("empty_key", f"{key!r} is empty; it must be a text")
        return name

    def _text(self, data: Mapping[str, Any], key: str) -> str:
        if key not in data:
            raise BadRecordError("missing_key", f"has no {key!r}; a record needs {self.columns}")
        value = self._as_text(data, key)
        if value is None:
            raise BadRecordError("wrong_type", f"{key!r} is {_JSON_TYPES[type(data[key])]}; it must be a text")
        return value

    def _as_text(self, data: Mapping[str, Any], key: str) -> str | None:
        """What stands under a key, where it is a text or an id that is a whole number."""
        value: Any = data.get(key)
        if isinstance(value, str):
            return value
        whole = key == self.columns.id and type(value) in (int, float) and value % 1 == 0
        return str(int(value)) if whole else None

    def _claim(self, name: str, number: int) -> None:
        if self.ids.first(name.encode(errors="surrogatepass"), number) != number:
            taken = f"the id {name!r} is taken by an earlier record; ids are unique in a file"
            raise BadRecordError("duplicate_id", taken)

    def _question(self, answer: Answer) -> Question:
        try:
            return self.library.find(answer.question)
        except KeyError as error:
            raise BadRecordError("no_such_question", str(error.args[0])) from None

    def _what_there_is(self, data: Mapping[str, Any]) -> Answer:
        own = {key: text for key in self.columns if (text := self._as_text(data, key)) is not None}
        name, question, text = (own.get(key, "") for key in self.columns)
        carried = {key: value for key, value in data.items() if key not in own}
        return Answer(id=name, question=question, text=writable(text), carried=carried)

    def _carried(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in data.items() if key not in self.columns}
