"""mini reads the claim in a criterion, however a rubric frames it, and its sentences apart."""

import pytest

from coach.judges.mini.claims import claim, sentences
from coach.library import load_library, shipped

FRAMES = (
    "It grows.",
    "It grows",
    "Explains that it grows",
    "explain that it grows.",
    "Give credit if the answer explains that it grows.",
    "Does the candidate say that it grows?",
    "The answer must clearly state that it grows.",
    "Should mention: It grows.",
    "Key point: It grows",
    "- It grows.",
    "2) The student notes that it grows (2 points)",
    "**It grows.**",
    "It grows [1.5 pts].",
    "- Does the answer mention that it grows?",
    "Should the answer say that it grows?",
    "- Key point: it grows.",
    "1. **Explains that it grows (2 points)**",
    "a) States clearly that it grows",
    "Points out that:  it\n grows",
)


@pytest.mark.parametrize("frame", FRAMES)
def test_a_claim_is_found_in_its_frame(frame: str) -> None:
    assert claim(frame).casefold() == "it grows."


PLAIN = (
    "Notes are kept.",
    "1.5 times as fast as before.",
    "Admitted that it was a mistake.",
    "Mentions batching.",
    "Explains how it grows.",
    "Does not say that it grows.",
    "You must say that you are recording the call.",
    "The writer argues that industrial work alienates people.",
    "States that it depends and asks for more details.",
    "How they would know that it worked.",
    "Add: salt to the solution.",
    "Does it grow?",
    "Says that.",
    "The cache (16 bits) grows.",
    "Nitrogen is the most abundant gas (78%).",
    'He said "stop."',
    "(It grows.)",
    "**a** and **b**.",
    "__init__ runs.",
)


@pytest.mark.parametrize("criterion", PLAIN)
def test_what_is_a_claim_already_stays_as_it_is(criterion: str) -> None:
    assert claim(criterion) == criterion


@pytest.mark.parametrize("criterion", ["(2 points)", "-", "?", "**", "says that ?", "x(1" + " " * 9000 + "y"])
def test_something_is_left_of_every_criterion(criterion: str) -> None:
    assert claim(criterion).strip(".")


def test_the_shipped_criteria_stay_as_they_are() -> None:
    texts = [c.text for _, question in load_library(shipped("rubrics")) for c in question.criteria]
    assert [text for text in texts if claim(text) != text] == []


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        ("It grows.", ("It grows.",)),
        ("It grows. It is kept.", ("It grows.", "It is kept.")),
        ("It grows; it is kept.", ("It grows; it is kept.",)),
        ("Agree. It grows! It is kept?", ("Agree. It grows!", "It is kept?")),
        ("It grows, e.g. in long chats, by 0.5 MB a token.", ("It grows, e.g. in long chats, by 0.5 MB a token.",)),
        ("It grows. Always.", ("It grows.", "Always.")),
        ("It grows " + "and grows " * 60 + "on.", ("It grows " + "and grows " * 60 + "on.",)),
    ],
)
def test_the_sentences_of_a_claim(claim: str, found: tuple[str, ...]) -> None:
    assert sentences(claim) == found
