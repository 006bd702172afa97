"""Answers made out of authored clauses, and what recognisers and cheats do to answers.

A composed answer is a random choice of a question's criteria, a random kind of clause for each, in random order:
its labels are known, and nothing about its style gives them away.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rows import FIRM, UNTOLD, Clauses, Row

COVERED, PARTIAL, MISSED, CONTRADICTED = range(4)
KINDS = {
    "made": (COVERED, 0.22),
    "plain": (COVERED, 0.13),
    "half": (PARTIAL, 0.17),
    "near": (MISSED, 0.15),
    "wrong": (CONTRADICTED, 0.21),
    "absent": (MISSED, 0.12),
}
"""A clause's label and how often it is drawn."""
WRONG = (0.0, 0.0, 0.0, 0.15, 0.15, 0.4, 0.95)
"""How much is wrong of an answer that speaks to every criterion, each as often: so that what is said of one criterion
does not tell what the others are."""
RIGHT = {"made": 0.55, "plain": 0.28, "half": 0.04, "near": 0.03, "absent": 0.1}
"""How often a clause is drawn for the rest of it."""
KNOW = 0.5
"""How many answers are such."""
EXCHANGES = {
    ("made", "wrong"): (CONTRADICTED, 0.24),
    ("wrong", "made"): (CONTRADICTED, 0.16),
    ("wrong", "plain"): (CONTRADICTED, 0.07),
    ("made", "made"): (COVERED, 0.16),
    ("made", "plain"): (COVERED, 0.1),
    ("made", "near"): (MISSED, 0.09),
    ("near", "made"): (MISSED, 0.06),
    ("near", "wrong"): (MISSED, 0.04),
    ("wrong", "near"): (MISSED, 0.04),
    ("wrong", "same"): (COVERED, 0.04),
}
"""A clause in the criterion's place and one in the answer's: what that makes, and how often it is drawn.

Criteria that are false, and many more of them than were written as such: what is judged is whether the answer says
it, not whether it is so.
"""
EXCHANGED = 0.12
"""How often what is said of a criterion is such an exchange."""
REWORDED = {"made": 0.08, "plain": 0.03, "wrong": 0.06}
"""How often a clause stands in a criterion's place beside a whole answer."""
SAME = {
    "stores": ["keeps", "holds", "saves"],
    "store": ["keep", "hold"],
    "keeps": ["retains", "holds", "leaves"],
    "previous": ["earlier", "past"],
    "earlier": ["previous", "past"],
    "reduces": ["cuts", "lowers", "shrinks"],
    "reduce": ["cut", "lower", "bring down"],
    "increases": ["raises", "pushes up"],
    "increase": ["raise", "push up"],
    "improves": ["raises", "makes better"],
    "improve": ["make better", "raise"],
    "avoids": ["prevents", "saves"],
    "requires": ["needs", "calls for"],
    "require": ["need", "call for"],
    "allows": ["lets", "makes it possible for"],
    "enables": ["allows", "makes possible"],
    "uses": ["relies on", "works with"],
    "use": ["work with", "rely on"],
    "large": ["big"],
    "larger": ["bigger"],
    "small": ["little", "modest"],
    "fast": ["quick"],
    "faster": ["quicker"],
    "slower": ["less quick"],
    "whether": ["if"],
    "multiple": ["several", "many"],
    "several": ["a number of", "multiple"],
    "before": ["ahead of", "prior to"],
    "because": ["since", "as"],
    "since": ["because"],
    "must": ["has to", "needs to"],
    "should": ["ought to", "has to"],
    "causes": ["leads to", "brings about"],
    "cause": ["lead to", "bring about"],
    "shows": ["reveals", "tells"],
    "begins": ["starts"],
    "start": ["begin"],
    "ends": ["stops", "finishes"],
    "typically": ["usually", "as a rule"],
    "usually": ["normally", "mostly"],
    "often": ["frequently"],
    "entire": ["whole"],
    "whole": ["entire"],
    "each": ["every"],
    "every": ["each"],
    "without": ["with no"],
    "only": ["just"],
    "choose": ["pick"],
    "check": ["verify"],
    "separate": ["own", "distinct"],
    "identical": ["the same"],
    "results": ["outcomes"],
}
"""Words that may stand for each other nearly everywhere."""
ECHOED = 0.35
"""How often a clause that is right or wrong is the criterion itself, said or denied."""
SAYING = ("{}", "{}", "{}", "{}", "I'd say {}", "basically {}", "yeah, {}", "well, {}", "{}, as far as I know", "So {}")
DENYING = (
    "it is a myth that {}",
    "it is simply not true that {}",
    "people say that {}, but that is wrong",
    "contrary to what many think, it is false that {}",
    "I would not agree that {}; the opposite holds",
    "some claim {}. That is not the case",
    "{}? No, not at all",
    "{}. No, that's wrong",
    "{} - except that this is false",
    "is it so that {}? It is not",
    "you may have heard that {}, and it just isn't so",
    "nobody should believe that {}",
)
BEHAVIOUR = re.compile(
    r"(describes?|explains?|mentions?|names|gives|states|says|admits|shows|tells|reports|presents|identifies|takes|"
    r"acknowledges|reflects|credits|owns|quantifies|includes|asks|defines|lists)\b",
    re.IGNORECASE,
)
"""How criteria begin that speak about the answer: said in an answer they claim nothing."""
STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "to",
        "in",
        "is",
        "are",
        "and",
        "or",
        "for",
        "with",
        "that",
        "this",
        "it",
        "its",
        "by",
        "on",
        "as",
        "be",
        "at",
        "from",
        "not",
        "than",
        "when",
        "which",
        "so",
        "can",
        "has",
        "have",
        "their",
        "they",
        "them",
        "into",
        "more",
        "each",
        "one",
        "two",
        "while",
        "where",
        "but",
        "if",
        "because",
        "per",
        "over",
        "under",
        "does",
        "do",
        "what",
        "how",
    ]
)


class Phrases(NamedTuple):
    """Lines that claim nothing: what opens, pads and closes answers, and what tries to talk a grader round."""

    openers: list[str]
    fillers: list[str]
    attacks: list[str]
    frames: list[str]
    vague: list[str]
    denials: list[str]
    recitals: list[str]
    assertions: list[str]
    misheard: dict[str, list[str]]

    @classmethod
    def read(cls, path: Path) -> "Phrases":
        """From a file of `kind<TAB>text` lines; misheard words as `misheard<TAB>word<TAB>as`."""
        found: dict[str, list[str]] = defaultdict(list)
        misheard: dict[str, list[str]] = defaultdict(list)
        for line in path.read_text(encoding="utf-8").splitlines():
            kind, _, text = line.partition("\t")
            if kind == "misheard":
                word, _, heard = text.partition("\t")
                misheard[word.lower()].append(heard)
            elif text:
                found[kind].append(text.replace("\\n", "\n"))
        kinds = ("opener", "filler", "attack", "frame", "vague", "denial", "recital", "assertion")
        return cls(*(found[kind] for kind in kinds), dict(misheard))


class Composer:
    """Draws answers; every draw comes from the random source it is given."""

    def __init__(self, clauses: Iterable[Clauses], phrases: Phrases) -> None:
        self._by_question: dict[str, list[Clauses]] = defaultdict(list)
        for each in clauses:
            self._by_question[each.question.id].append(each)
        self._by_criterion = {
            (each.question.group, each.question.criteria[each.criterion]): each.texts
            for sets in self._by_question.values()
            for each in sets
        }
        self._phrases = phrases

    def rows(self, rng: random.Random, times: int, lengths: Sequence[int]) -> Iterator[Row]:
        """`times` composed answers a question of `lengths` clauses, against all its criteria that have clauses."""
        for sets in self._by_question.values():
            for _ in range(times):
                yield self._composed(rng, sets, min(len(sets), rng.choice(lengths)))

    def framed(self, rng: random.Random, share: float) -> Iterator[Row]:
        """For a share of the questions all their criteria in a frame: denied, recited without a claim, or asserted."""
        kinds = (
            (self._phrases.denials, CONTRADICTED),
            (self._phrases.recitals, MISSED),
            (self._phrases.assertions, COVERED),
        )
        for sets in self._by_question.values():
            criteria = [each.question.criteria[each.criterion] for each in sets]
            if rng.random() > share or any(map(BEHAVIOUR.match, criteria)):
                continue
            said = [echoed(rng, c) if rng.random() < 0.6 else c for c in criteria]
            if rng.random() < 0.4:
                said = [rng.choice(each.texts["made"]) for each in sets]
            frames, label = rng.choices(kinds, (0.5, 0.25, 0.25))[0]
            text = rng.choice(frames).replace("{points}", _listed(rng, said))
            question = sets[0].question
            labels = (label,) * len(criteria)
            yield Row("framed", question.group, question.text, tuple(criteria), text, labels)

    def reworded(self, rng: random.Random, row: Row) -> Row:
        """The row with clauses in the place of some of its criteria: the same in other words, or its contrary.

        What covers a criterion contradicts its contrary, and what misses one misses the other; where it is only partly
        made, or wrong, its contrary stays away.
        """
        criteria, labels = list(row.criteria), list(row.labels)
        for i, criterion in enumerate(row.criteria):
            texts = self._by_criterion.get((row.group, criterion))
            if not texts or rng.random() >= sum(REWORDED.values()):
                continue
            kind = rng.choices(list(REWORDED), list(REWORDED.values()))[0]
            if kind == "wrong" and labels[i] not in (COVERED, MISSED):
                continue
            criteria[i] = rng.choice(texts[kind])
            if kind == "wrong" and labels[i] == COVERED:
                labels[i] = CONTRADICTED
        return row._replace(criteria=tuple(criteria), labels=tuple(labels))

    def _composed(self, rng: random.Random, sets: Sequence[Clauses], length: int) -> Row:
        knows = rng.random() < KNOW
        chosen = sets if knows else rng.sample(sets, length)
        shares = knowing(rng.choice(WRONG)) if knows else {kind: share for kind, (_, share) in KINDS.items()}
        points = [self._point(rng, each, shares) if each in chosen else _Point.absent(each) for each in sets]
        said = [point.text for point in points if point.text] or [rng.choice(self._phrases.fillers)]
        rng.shuffle(said)
        text = self.altered(rng, self._joined(rng, said), 0.2)
        criteria, labels = tuple(p.criterion for p in points), tuple(p.label for p in points)
        question = sets[0].question
        return Row("composed", question.group, question.text, criteria, text, labels)

    def _point(self, rng: random.Random, each: Clauses, shares: Mapping[str, float]) -> "_Point":
        """What is said of a criterion, or of a clause in its place."""
        if rng.random() < EXCHANGED:
            return self._exchange(rng, each)
        kind = rng.choices(list(shares), list(shares.values()))[0]
        if kind == "absent":
            return _Point.absent(each)
        return _Point(each.question.criteria[each.criterion], KINDS[kind][0], self._clause(rng, each, kind))

    def _exchange(self, rng: random.Random, each: Clauses) -> "_Point":
        first, second = rng.choices(list(EXCHANGES), [share for _, share in EXCHANGES.values()])[0]
        criterion = rng.choice(each.texts[first])
        others = [text for text in each.texts.get(second, ()) if text != criterion]
        text = criterion if second == "same" else rng.choice(others)
        return _Point(criterion, EXCHANGES[first, second][0], text)

    def _clause(self, rng: random.Random, each: Clauses, kind: str) -> str:
        """An authored clause, or the criterion itself said in nearly its own words, or denied in them."""
        criterion = each.question.criteria[each.criterion]
        if rng.random() < ECHOED and not BEHAVIOUR.match(criterion):
            if kind in ("made", "plain"):
                return echoed(rng, criterion)
            if kind == "wrong":
                return denied(rng, criterion)
        return rng.choice(each.texts[kind])

    def _joined(self, rng: random.Random, said: list[str]) -> str:
        parts = list(said)
        if rng.random() < 0.15:
            parts.insert(0, rng.choice(self._phrases.openers))
        while parts and rng.random() < 0.2:
            parts.insert(rng.randrange(len(parts) + 1), rng.choice(self._phrases.fillers))
        if rng.random() < 0.05:
            return "\n".join(f"- {part}" for part in parts)
        return " ".join(map(_ended, parts))

    def altered(self, rng: random.Random, text: str, often: float) -> str:
        """The text as it is, as speech, or with an attempt to talk the grader round; its labels stay."""
        if rng.random() >= often:
            return text
        if rng.random() < 0.6:
            return self.spoken(rng, text)
        attack = rng.choice(self._phrases.attacks)
        return f"{attack} {text}" if rng.random() < 0.3 else f"{text}\n\n{attack}"

    def spoken(self, rng: random.Random, text: str) -> str:
        """As a recogniser might write it: no capitals, no punctuation, fillers, some words misheard."""
        words = re.sub(r"[^\w\s'%]", " ", text.lower()).split()
        out: list[str] = []
        for word in words:
            if rng.random() < 0.05:
                out.append(rng.choice(("uh", "um", "like", "you know", "so", "i mean", "well", "right")))
            if rng.random() < 0.03 and out:
                out.append(out[-1])
            heard = self._phrases.misheard.get(word)
            out.append(rng.choice(heard) if heard and rng.random() < 0.6 else word)
        return " ".join(out)

    def trick(self, rng: random.Random, row: Row) -> Row:
        """An answer to a row's question with the words of a criterion or of the question, and without a claim."""
        kind = rng.choice(("stuffed", "parrot", "vague"))
        criterion = rng.choice(row.criteria)
        words = _content(row.question) or ["it"]
        if kind == "stuffed":
            listed = _content(criterion) + rng.sample(words, min(len(words), 4))
            rng.shuffle(listed)
            text = ", ".join(listed)
        elif kind == "parrot":
            point = criterion.rstrip(".")
            frame = rng.choice(self._phrases.frames)
            text = frame.replace("{point}", point[:1].lower() + point[1:]).replace("{question}", row.question)
        else:
            begin = rng.randrange(len(words))
            topic = " ".join(words[begin : begin + rng.choice((1, 1, 2))])
            said = [frame.replace("{topic}", topic) for frame in rng.sample(self._phrases.vague, rng.choice((1, 1, 2)))]
            text = self.altered(rng, " ".join(said), 0.4)
        return row._replace(source="trick", answer=text, labels=(MISSED,) * len(row.criteria), style=kind)


def conjoined(rng: random.Random, row: Row, share: float) -> Row:
    """With a chance of `share` the row with two or three of its criteria as one; half the time without the others.

    A row whose chosen criteria have no label as one stays as it is.
    """
    if len(row.criteria) < 2 or rng.random() >= share:
        return row
    chosen = rng.sample(range(len(row.criteria)), min(len(row.criteria), rng.choice((2, 2, 3))))
    label = label_of_all([row.labels[i] for i in chosen])
    if label is None:
        return row
    beside = [] if rng.random() < 0.5 else [i for i in range(len(row.criteria)) if i not in chosen]
    criterion = conjunction(rng, [row.criteria[i] for i in chosen])
    criteria, labels = [row.criteria[i] for i in beside], [row.labels[i] for i in beside]
    return row._replace(criteria=(criterion, *criteria), labels=(FIRM + label, *labels))


def label_of_all(labels: Sequence[int]) -> int | None:
    """The label of some criteria as one: made in part where they fare unlike.

    None for what is wrong beside what is right: people disagree whether that is partly right or wrong.
    """
    found = set(labels)
    if len(found) == 1 or found == {MISSED, CONTRADICTED}:
        return max(found)
    return None if CONTRADICTED in found else PARTIAL


def conjunction(rng: random.Random, claims: Sequence[str]) -> str:
    """Some criteria as one; upper and lower case are the same to mini."""
    between = rng.choice((". ", ". ", ". ", "; ", ", and "))
    return between.join(claim.strip().rstrip(".;!?") for claim in claims) + "."


def spliced(rng: random.Random, rows: Sequence[Row], share: float) -> Iterator[Row]:
    """For a share of the rows some sentences of the answer among some of another answer to the question.

    What that is worth nobody has labelled.
    """
    beside: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in rows:
        beside[row.source, row.group, row.question].append(row.answer)
    for row in rng.sample(rows, round(len(rows) * share)):
        others = [text for text in beside[row.source, row.group, row.question] if text != row.answer]
        parts = [part for text in (row.answer, *rng.sample(others, min(len(others), 1))) for part in _some(rng, text)]
        if rng.random() < 0.3:
            rng.shuffle(parts)
        if not others or not parts:
            continue
        yield row._replace(source="spliced", answer=" ".join(parts), labels=(UNTOLD,) * len(row.labels))


def _some(rng: random.Random, text: str) -> list[str]:
    """Some sentences of a text in their order; of a single one, or speech, some words that stand together."""
    parts = re.split(r"(?<=[.!?;])\s+|\n+", text)
    if len(parts) > 1:
        return [part for part in parts if rng.random() < 0.6]
    words = text.split()
    begin, end = sorted(rng.choices(range(len(words) + 1), k=2))
    return [" ".join(words[begin:end])] if begin < end else []


class _Point(NamedTuple):
    """A criterion, its label, and what is said of it, if anything."""

    criterion: str
    label: int
    text: str

    @classmethod
    def absent(cls, each: Clauses) -> "_Point":
        """Nothing is said."""
        return cls(each.question.criteria[each.criterion], MISSED, "")


def knowing(wrong: float) -> dict[str, float]:
    """The shares of clauses in an answer that speaks to every criterion, some of it wrong."""
    return {kind: share * (1 - wrong) for kind, share in RIGHT.items()} | {"wrong": wrong}


def _content(text: str) -> list[str]:
    """The words that carry its content, in order."""
    return [word for word in re.findall(r"[\w/-]+", text) if word.lower() not in STOP]


def echoed(rng: random.Random, criterion: str) -> str:
    """The criterion as somebody says it who uses nearly its words: covered.

    Authored clauses that are right never copy the criterion, those that are wrong often do; without these, closeness
    to its words would teach that it is contradicted.
    """
    words = criterion.rstrip(".").split()
    said = [rng.choice(SAME[w.lower()]) if w.lower() in SAME and rng.random() < 0.5 else w for w in words]
    said = [w for w in said if w.lower() not in ("the", "a", "an") or rng.random() > 0.25]
    return _framed(rng, SAYING, " ".join(said))


def denied(rng: random.Random, criterion: str) -> str:
    """The criterion, said to be false."""
    return _framed(rng, DENYING, criterion.rstrip("."))


def _listed(rng: random.Random, said: Sequence[str]) -> str:
    """Some sentences in any order, one after the other or a line each."""
    ended = [_ended(text) for text in rng.sample(said, len(said))]
    return rng.choice((" ", " ", "\n", "\n- ")).join(["", *ended]).strip(" ") if rng.random() < 0.3 else " ".join(ended)


def _ended(text: str) -> str:
    """A text with a full stop where it has no end of its own."""
    return text if text[-1:] in ".!?" else f"{text}."


def _framed(rng: random.Random, frames: Sequence[str], point: str) -> str:
    text = rng.choice(frames).format(point if point[1:2].isupper() else point[:1].lower() + point[1:])
    ended = text if text[-1] in ".?" or rng.random() < 0.3 else f"{text}."
    return ended[:1].upper() + ended[1:]


def shuffled(rng: random.Random, row: Row, some: float) -> Row:
    """The row's criteria in any order; with a chance of `some` only some of them."""
    count = rng.randint(1, len(row.criteria)) if rng.random() < some else len(row.criteria)
    order = rng.sample(range(len(row.criteria)), count)
    return row._replace(criteria=tuple(row.criteria[i] for i in order), labels=tuple(row.labels[i] for i in order))
