"""What is known of how well a criterion is remembered."""

from typing import Annotated

from pydantic import Field

from coach.terms.attempt import Moment
from coach.terms.model import Noun


class Card(Noun):
    """The memory of one criterion, as FSRS models it; `question` is `bank/question`.

    `stability` is the number of days after which recall has fallen to 90 %, `difficulty` 1 to 10, `credit` the
    expected credit of the last answer, 0 to 1.
    """

    question: str
    criterion: str
    stability: Annotated[float, Field(gt=0)]
    difficulty: Annotated[float, Field(ge=1, le=10)]
    due: Moment
    last_review: Moment
    credit: Annotated[float, Field(ge=0, le=1)]
