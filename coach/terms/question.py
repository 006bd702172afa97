"""A bank of questions, each with its rubric."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from coach.terms.model import Noun

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), Field(description="Any text but an empty one.")
]
Slug = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80),
    Field(description="Lower case letters, digits and hyphens."),
]
Level = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]


class Criterion(Noun):
    """One checkable claim that a good answer makes."""

    id: Slug = Field(description="Unique in the question.")
    text: Text = Field(description="The claim, readable by itself.")
    weight: float = Field(default=1.0, gt=0, le=1000, allow_inf_nan=False, description="Its share of the score.")
    follow_up: Text | None = Field(default=None, description="What an interviewer asks when it was missed.")


class Question(Noun):
    """A question, the hint it was made from, and the criteria its answers are judged by."""

    id: Slug = Field(description="Unique in the bank.")
    level: Level = Field(
        description="beginner, intermediate, advanced, scenario, workflow, behavioral, or another word."
    )
    question: Text = Field(description="As an interviewer asks it.")
    hint: Text = Field(description="Verbatim from the source.")
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=12)]
    reference: Text | None = Field(default=None, description="A model answer.")
    tags: tuple[Slug, ...] = ()

    @model_validator(mode="after")
    def _criteria_are_unique(self) -> Self:
        reject_twins("criteria", (c.id for c in self.criteria))
        return self

    def criterion(self, criterion_id: str) -> Criterion:
        """The criterion with this id; KeyError where there is none."""
        for criterion in self.criteria:
            if criterion.id == criterion_id:
                return criterion
        raise KeyError(criterion_id)


class Bank(Noun):
    """Questions under one name."""

    model_config = ConfigDict(title="A question bank of coach")

    bank: Slug = Field(description="The bank's id: the name of its folder.")
    title: Text
    draft: bool = Field(default=False, description="True until a person has read an imported bank.")
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _questions_are_unique(self) -> Self:
        reject_twins("questions", (q.id for q in self.questions))
        return self

    def question(self, question_id: str) -> Question:
        """The question with this id; KeyError where there is none."""
        for question in self.questions:
            if question.id == question_id:
                return question
        raise KeyError(question_id)


def reject_twins(field: str, ids: Iterable[str]) -> None:
    """Raise a validation error that names every id found twice."""
    twins = [name for name, count in Counter(ids).items() if count > 1]
    if twins:
        context: dict[str, Any] = {"field": field, "twins": ", ".join(twins)}
        raise PydanticCustomError("duplicate_id", "duplicate id in {field}: {twins}", context)
