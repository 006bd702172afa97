"""What a criterion claims, without what rubrics put around it.

People write "Give credit if the answer explains that ...", "- Mentions that ... (2 points)" or "Does the candidate say
that ...?". The classifier learned from plain claims, and the frame alone moves its verdicts. Where the frame may be
the point itself ("the writer argues that", "admitted that", "says that ... and asks") it stays.
A criterion of several sentences makes several claims.
"""

import re
from functools import lru_cache

from coach.grading import split_passages
from coach.judges.mini.answers import ITEM

ABOUT = """
a able about also an answer answers any at award be can candidate candidates clear clearly correct correctly could
credit did do does expected explicitly for full give gives good half if is it key least learner mark marks must point
points response responses roughly should student students the their they to who will would
"""
"""Words about answers and marks; a frame has no others before what the answer does."""
SAYS = """
acknowledge acknowledges clarifies clarify conclude concludes emphasise emphasises emphasize emphasizes explain explains
highlight highlights indicate indicates know knows mention mentions note notes realise realises realize realizes
recognise recognises recognize recognizes remark remarks say says state states stress stresses tell tells understand
understands
"""


def _any(words: str) -> str:
    return "|".join(words.split())


MARK = re.compile(rf"(?:{ITEM}|[a-z]\))\s+(?=\S)|(?:key|main)\s+points?:\s+", re.IGNORECASE)
BOLD = re.compile(r"\*\*((?:(?!\*\*).)+)\*\*([.?]?)")
WORTH = re.compile(r" ?[(\[]\d{1,3}(?:[.,]\d+)? ?(?:p|pts?|points?|marks?)[)\]](?=[.?]?$)", re.IGNORECASE)
FRAME = re.compile(
    rf"(?:(?:{_any(ABOUT)}) ){{0,10}}(?:{_any(SAYS)}|points? out|makes? clear)(?: (?:clearly|correctly|explicitly))?"
    r"(?: that:? |: )(?=\w.*\w)",
    re.IGNORECASE,
)
ASKS = re.compile(r"(?:can|could|did|do|does|is|should|will|would) ", re.IGNORECASE)
FURTHER = re.compile(rf" (?:and|but|then) (?:then )?(?:{_any(SAYS)}|asks?|offers?|proposes?|suggests?|tr(?:y|ies)) ")
"""A second thing that the answer does: without its frame the first would be said to do it."""
CLOSED = r"[\"'”’)\]*_`]*$"
ENDED, SENTENCE = re.compile(f"[.!?:;…]{CLOSED}"), re.compile(f"[.!?…]{CLOSED}")


@lru_cache(10_000)
def claim(criterion: str) -> str:
    """The claim in a criterion, ended by a full stop; one that is a claim already stays as it is."""
    text = " ".join(criterion.split())
    while mark := MARK.match(text):
        text = text[mark.end() :]
    if bold := BOLD.fullmatch(text):
        text = bold[1] + bold[2]
    text = WORTH.sub("", text) or text
    frame = FRAME.match(text)
    if frame and not FURTHER.search(text):
        text = text[frame.end() :].rstrip("?" if ASKS.match(text) else "")
    return text if ENDED.search(text) else f"{text}."


@lru_cache(10_000)
def sentences(claim: str) -> tuple[str, ...]:
    """The sentences of a claim; a word that stands alone goes with the next."""
    found, begun = [], ""
    for passage in split_passages(claim):
        begun += passage.text
        if SENTENCE.search(begun.rstrip()) and len(begun.split()) > 1:
            found.append(begun.strip())
            begun = ""
    return (*found, begun.strip()) if begun.strip() else tuple(found)
