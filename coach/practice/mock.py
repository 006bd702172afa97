"""Which questions a mock interview asks: levels mixed, by chance from a seed that is passed in."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import accumulate, chain, islice, zip_longest
from random import Random

from coach.practice.timing import soft_limit
from coach.terms import Question


def mock_of(questions: Mapping[str, Question], count: int, seed: int) -> list[str]:
    """The names of so many questions, or of all where there are fewer."""
    return list(islice(_mixed(questions, seed), count))


def mock_within(questions: Mapping[str, Question], minutes: float, seed: int) -> list[str]:
    """The names of the questions that fill so many minutes by their soft limits; one at least."""
    names = list(_mixed(questions, seed))
    ends = accumulate(soft_limit(questions[name].level) for name in names)
    fitting = sum(end <= 60 * minutes for end in ends)
    return names[: max(1, fitting)]


def _mixed(questions: Mapping[str, Question], seed: int) -> Iterator[str]:
    """All names in rounds: each round has one question of every level that is left, in the bank's order of levels."""
    by_level: dict[str, list[str]] = defaultdict(list)
    for name, question in questions.items():
        by_level[question.level].append(name)
    chance = Random(seed)
    for names in by_level.values():
        chance.shuffle(names)
    return (name for name in chain.from_iterable(zip_longest(*by_level.values())) if name is not None)
