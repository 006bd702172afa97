"""Help in three steps: how much detail is asked for, what one point is about, the hint itself."""

import re

from coach.terms import Criterion, Question

STEPS = 3
TOLD = 0.34
"""The share of a claim's own words from which on a topic would give it away."""

_WORD = re.compile(r"[^\W_]{3,}")
_STEM = 5
_COMMON = """
about after all and any are before been but can does for from had has have how into its more most not only other out
over per than that the their them then there these they this those too very was were what when where which while who
why will with would you your
"""


def hints(question: Question, steps: int) -> tuple[str, ...]:
    """The help that so many steps give, the first step's first; beyond the third there is no more."""
    help_ = (level_of_detail(question), topic(question, heaviest(question)), question.hint)
    return help_[:steps]


def level_of_detail(question: Question) -> str:
    """How many points a strong answer makes, and how many of them weigh most."""
    count = len(question.criteria)
    top = max(criterion.weight for criterion in question.criteria)
    main = sum(criterion.weight == top for criterion in question.criteria)
    points = "one point" if count == 1 else f"{count} points"
    weighs = "" if main == count else f"; {main} of them {'weighs' if main == 1 else 'weigh'} most"
    return f"{question.level.capitalize()}: a strong answer makes {points}{weighs}."


def heaviest(question: Question) -> Criterion:
    """The criterion with the greatest weight; of equals the first."""
    return max(question.criteria, key=lambda criterion: criterion.weight)


def topic(question: Question, criterion: Criterion) -> str:
    """What a criterion is about, without its claim: the bank's follow-up, or words that the question has already."""
    if criterion.follow_up and told(question, criterion, criterion.follow_up) < TOLD:
        return criterion.follow_up
    shared = [word for word in _words(question.question) if _stem(word) in _stems(criterion.text)]
    if shared:
        return f"One point is about this in the question: {', '.join(shared)}."
    return "One point goes beyond the words of the question: what follows from it in practice?"


def told(question: Question, criterion: Criterion, text: str) -> float:
    """The share of a claim's own words, those that the question has not, which a text tells, 0 to 1."""
    own = _stems(criterion.text) - _stems(question.question)
    return len(own & _stems(text)) / len(own) if own else 0.0


def _words(text: str) -> list[str]:
    found = (word.group() for word in _WORD.finditer(text))
    return list(dict.fromkeys(word for word in found if word.lower() not in _COMMON.split()))


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in _words(text)}


def _stem(word: str) -> str:
    """What the forms of a word have in common, near enough: training, trained and trains are one."""
    return word.lower()[:_STEM]
