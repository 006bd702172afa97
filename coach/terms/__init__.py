"""The nouns: question, rubric, answer, judgement, grade, attempt, card.

Frozen pydantic models. This package imports nothing else of coach, and every
other package may import it.
"""

from coach.terms.answer import Answer, Passage, Span
from coach.terms.attempt import Attempt, Draft, FollowUp, Mode, OwnVerdict, Record, writable
from coach.terms.card import Card
from coach.terms.grade import CriterionGrade, Grade, GradeError, Receipt, Review
from coach.terms.judgement import Case, Decided, Judge, JudgeAround, Judgement, Probabilities, Verdict
from coach.terms.question import Bank, Criterion, Question

__all__ = [
    "Answer",
    "Attempt",
    "Bank",
    "Card",
    "Case",
    "Criterion",
    "CriterionGrade",
    "Decided",
    "Draft",
    "FollowUp",
    "Grade",
    "GradeError",
    "Judge",
    "JudgeAround",
    "Judgement",
    "Mode",
    "OwnVerdict",
    "Passage",
    "Probabilities",
    "Question",
    "Receipt",
    "Record",
    "Review",
    "Span",
    "Verdict",
    "writable",
]
