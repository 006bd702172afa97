"""Train the classifier to read all criteria of an answer at once, on answers composed and whole, short ones and pairs.

    python models/recipe/train.py --pairs DIR --start runs/carried/last.pt --out runs/j1 [--fold 0]

A run on a CPU is decided by its arguments and its seed alone, unless `--seconds` ends it by the clock. It writes a
checkpoint every few minutes and goes on from it when the same command is given again. With `--fold` the rows of one
fold of the groups are never trained on (pairs of entailment have no group: none of them is left out).
`--mpnet` trains a teacher; with `--teacher` what that one says is learned too (without `--mpnet` it is a network like
the one that learns).
"""

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import chain, count, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from batches import NONE, Batch, Encoded, batches, collate, encoded, masked
from compose import BEHAVIOUR, Composer, Phrases, conjoined, denied, echoed, shuffled, spliced
from measure import figures
from network import Network, Teacher, mean_of
from rows import (
    COVERAGE,
    DATA,
    ENTAILMENT,
    FIRM,
    FOLDS,
    LABELS,
    SHORT_ANSWERS,
    UNTOLD,
    Row,
    answers,
    authored,
    clauses,
    fold,
    gold,
    pairs,
    questions,
    references,
    short_answers,
)
from strangers import Strangers, spare
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from coach.judges.mini.sequences import LONGEST

SOFT = torch.tensor(
    [
        [0.94, 0.04, 0.01, 0.01],
        [0.06, 0.86, 0.07, 0.01],
        [0.01, 0.05, 0.92, 0.02],
        [0.01, 0.01, 0.05, 0.93],
    ]
)
"""What a label teaches: a little of its neighbours too, for verdicts are ordered and labels not free of error."""
NOTHING = torch.zeros(1, 4)
TARGETS = torch.cat([SOFT, NOTHING, SOFT, NOTHING])
"""Of each label, UNTOLD, each that is FIRM, and NONE, which is the last."""
BELIEF = 0.6
"""How much of what is learned the teacher says; of what nobody has labelled, all.

Of a lone criterion, nothing: of graded short answers a teacher knows no more than their labels tell.
"""


class Mix(NamedTuple):
    """What one pass is made of.

    Shares of the sets (of whole answers those of each kind of file, by its letter), composed answers a question and
    their lengths, how often a criterion is said or denied in its own words, how many answers are spliced for a
    teacher, and of how many some criteria are made one.
    """

    answers: Mapping[str, float]
    composed: int
    clauses: tuple[int, ...]
    coverage: float
    entailment: float
    short: float
    echoes: float
    framed: float
    amid: float
    only: float
    spliced: float
    conjoined: float


MIX = Mix(
    answers={
        kind: share
        for kinds, share in (("xyz", 0.4), ("mvnw", 0.3), ("r", 0.5), ("tuk", 0.8), ("lsqb", 1.0))
        for kind in kinds
    },
    composed=2,
    clauses=(1, 1, 2, 2, 3, 3, 4, 5),
    coverage=0.1,
    entailment=0.12,
    short=0.8,
    echoes=0.4,
    framed=0.5,
    amid=0.1,
    only=0.05,
    spliced=0.5,
    conjoined=0.2,
)
MOST = 512
"""Tokens that the base can read; the rest of a longer row is left out of the figures while training."""
WITHOUT_QUESTION = 0.2
"""The share of rows that are learned without their question, so that its topic does not decide; all are judged with."""


class Plan(NamedTuple):
    """What a run is made of."""

    pairs: Path
    fold: int | None
    passes: int
    rate: float
    budget: int
    longest: int
    seed: int
    learn_4_bit_from: float
    bf16: bool
    device: str
    workers: int
    seconds: float | None
    mpnet: Path | None
    teacher: Sequence[Path]


class Material:
    """All labelled data that a run may see, drawn afresh for each pass."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        asked = questions(DATA)
        self._answers = {kind: self._kept(authored(answers(DATA, asked, kind))) for kind in MIX.answers}
        self._short = self._kept(chain(pairs(plan.pairs, SHORT_ANSWERS), short_answers(DATA)))
        self._right: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for row in self._short:
            if row.labels == (0,) and 4 <= len(row.answer.split()) <= 40:
                self._right[row.source, row.group, row.question].append(row.answer)
        self._entailment = list(pairs(plan.pairs, ENTAILMENT))
        self._coverage = self._kept(pairs(plan.pairs, COVERAGE))
        self._references = {k: v for name in SHORT_ANSWERS[:2] for k, v in references(plan.pairs, name).items()}
        kept = [each for each in clauses(DATA, asked) if self._keeps(each.question.group)]
        self._composer = Composer(kept, Phrases.read(DATA / "phrases.tsv"))
        self._asked = [q for q in asked.values() if self._keeps(q.group)]
        self._strangers = Strangers.among(self._asked)

    def rows(self, number: int) -> list[Row]:
        """The rows of one pass."""
        rng = random.Random(f"{self._plan.seed}/{number}")
        replay = [*sampled(rng, self._entailment, MIX.entailment), *sampled(rng, self._coverage, MIX.coverage)]
        said = [row for kind, share in MIX.answers.items() for row in sampled(rng, self._answers[kind], share)]
        tricks = [self._composer.trick(rng, row) for row in rng.sample(said, len(said) // 14)]
        said = [row._replace(answer=self._composer.altered(rng, row.answer, 0.12)) for row in said]
        said = [self._composer.reworded(rng, row) for row in said]
        said += self._composer.rows(rng, MIX.composed, MIX.clauses)
        others = [*self._elsewhere(rng, said)]
        said += self._composer.framed(rng, MIX.framed)
        said = [self._strangers.beside(rng, row, 1) if rng.random() < 0.2 else row for row in said]
        short = [self._other_reference(rng, row) for row in sampled(rng, self._short, MIX.short)]
        together = [*replay, *said, *tricks, *others, *short, *self._echoes(rng)]
        together = [conjoined(rng, row, MIX.conjoined) for row in together]
        if self._plan.teacher:
            together += spliced(rng, said, MIX.spliced)
        return [shuffled(rng, row, 0.2) for row in together if row.criteria]

    def held_out(self) -> dict[str, list[Row]]:
        """The rows of the held-out fold, by set."""
        if self._plan.fold is None:
            return {}
        all_rows = [*authored(answers(DATA, questions(DATA))), *pairs(self._plan.pairs, SHORT_ANSWERS[:2])]
        out = [row for row in all_rows if not self._keeps(row.group)]
        rng = random.Random(0)
        found = {name: [r for r in out if r.source == name] for name in ("authored", *SHORT_ANSWERS[:2])}
        return {name: rng.sample(rows, min(len(rows), 300)) for name, rows in found.items()}

    def _elsewhere(self, rng: random.Random, said: Sequence[Row]) -> Iterator[Row]:
        """Answers against other questions' criteria; and among, or replaced by, answers to other questions."""
        by_group: dict[str, list[str]] = defaultdict(list)
        for row in said:
            by_group[row.group].append(row.answer)
        yield from (self._strangers.instead(rng, row) for row in rng.sample(said, len(said) // 14))
        for row in rng.sample(said, round(len(said) * MIX.amid)):
            yield self._strangers.amid(rng, row, by_group, rng.randint(0, spare(row)))
        for row in rng.sample(said, round(len(said) * MIX.only)):
            yield self._strangers.only(rng, row, by_group, rng.randint(50, 50 + spare(row)))

    def _echoes(self, rng: random.Random) -> Iterator[Row]:
        """Criteria said, or denied, in nearly their own words, against themselves or all of their question."""
        for question in self._asked:
            for criterion in question.criteria.values():
                if BEHAVIOUR.match(criterion) or rng.random() > MIX.echoes:
                    continue
                truth = rng.random() < 0.7
                text = echoed(rng, criterion) if truth else denied(rng, criterion)
                text = self._composer.altered(rng, text, 0.1)
                label = LABELS.index("covered" if truth else "contradicted")
                beside = [c for c in question.criteria.values() if c != criterion] if rng.random() < 0.5 else []
                missed = (LABELS.index("missed"),) * len(beside)
                yield Row("echo", question.group, question.text, (criterion, *beside), text, (label, *missed))

    def _keeps(self, group: str) -> bool:
        return self._plan.fold is None or fold(group, FOLDS) != self._plan.fold

    def _kept(self, rows: Iterator[Row]) -> list[Row]:
        return [row for row in rows if self._keeps(row.group)]

    def _other_reference(self, rng: random.Random, row: Row) -> Row:
        """Against another answer that is right, or against another reference where the answer is right too."""
        right = self._right.get((row.source, row.group, row.question), ())
        if len(right) > 1 and rng.random() < 0.4:
            other = rng.choice(right)
            return row if other == row.answer else row._replace(criteria=(other,))
        found = self._references.get((row.group, row.answer))
        again = found and row.labels == (0,) and rng.random() < 0.4
        return row._replace(criteria=(rng.choice(found),)) if again else row


class Passes(IterableDataset[Batch]):
    """The batches of all passes from a step on."""

    def __init__(self, material: Material, plan: Plan, begin: int = 0) -> None:
        self._material, self._plan, self._begin = material, plan, begin

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        first, step = (worker.id, worker.num_workers) if worker else (0, 1)
        numbers = count(first, step) if self._plan.seconds else range(first, self._plan.passes, step)
        every = chain.from_iterable(map(self.of, numbers))
        return map(collate, islice(every, len(range(first, self._begin, step)), None))

    def of(self, number: int) -> Iterator[list[Encoded]]:
        """The batches of one pass."""
        rng = random.Random(f"{self._plan.seed}/order/{number}")
        rows = [masked(rng, encoded(row, rng.random() > WITHOUT_QUESTION)) for row in self._material.rows(number)]
        return batches(rng, rows, self._plan.budget, self._plan.longest)


def sampled(rng: random.Random, rows: Sequence[Row], share: float) -> list[Row]:
    """A random share of the rows; of more than one each of them first, as often as it takes."""
    whole, rest = divmod(share, 1)
    return [*rows] * int(whole) + rng.sample(rows, round(len(rows) * rest))


class Average:
    """The exponential moving average of a network's weights."""

    def __init__(self, network: Network, decay: float = 0.998) -> None:
        self.decay, self.steps = decay, 0
        self.weights = {k: v.detach().clone() for k, v in network.state_dict().items()}
        self._moving = {k for k, v in network.named_parameters() if v.requires_grad}

    def update(self, network: Network) -> None:
        """Move a little towards the network; faster at the beginning."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, value in network.named_parameters():
            if name in self._moving:
                self.weights[name].lerp_(value.detach(), 1 - decay)


class Run:
    """A training run with its checkpoint."""

    def __init__(self, plan: Plan, start: Sequence[Path], out: Path, gold_rows: list[Row]) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.out = plan, out
        out.mkdir(parents=True, exist_ok=True)
        self.material = Material(plan)
        teaches = plan.mpnet and not plan.teacher
        self.network: Network = Teacher.on(plan.mpnet) if teaches else Network.pretrained()
        if start:
            self.network.load_state_dict(mean_of(start))
        self.network.to(plan.device)
        self.teacher = self._teacher() if plan.teacher else None
        trained = [p for p in self.network.parameters() if p.requires_grad]
        decayed, plain = [p for p in trained if p.ndim > 1], [p for p in trained if p.ndim == 1]
        groups = [{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=plan.rate, fused=True)
        self.average, self.step, self.elapsed = Average(self.network), 0, 0.0
        self.checks = {"gold": gold_rows} if gold_rows else {}
        self.checks |= self.material.held_out()
        self.quantized = False
        self._resume()

    def _teacher(self) -> Network:
        teacher = Teacher.on(self.plan.mpnet) if self.plan.mpnet else Network.pretrained()
        teacher.load_state_dict(mean_of(self.plan.teacher))
        return teacher.to(self.plan.device).eval()

    def train(self, check_every: float) -> None:
        """Go through all batches; check and save every `check_every` seconds."""
        plan, passes = self.plan, Passes(self.material, self.plan, self.step)
        total = None if plan.seconds else sum(1 for _ in passes.of(0)) * plan.passes  # passes differ by a few steps
        ahead = {"num_workers": plan.workers, "prefetch_factor": 16} if plan.workers else {}
        own = torch.Generator()  # the loader would draw from the one that dropout draws from
        saved, clock = self.elapsed, None  # the clock starts with the first batch: making it takes long
        for batch in DataLoader(passes, batch_size=None, generator=own, pin_memory=plan.device == "cuda", **ahead):
            now = time.monotonic()
            self.elapsed, clock = self.elapsed + now - (clock or now), now
            share = self.step / total if total else self.elapsed / plan.seconds
            if share >= 1:
                break
            loss = self._learn(batch, share)
            if self.step % 100 == 0:
                self.say(f"step {self.step}, {share:.1%}, loss {loss.item():.3f}")
            if self.elapsed - saved > check_every:
                self._check_and_save()
                saved = self.elapsed
        self._check_and_save()

    def _learn(self, batch: Batch, share: float) -> torch.Tensor:
        """One step, at a share of the run."""
        if share >= self.plan.learn_4_bit_from and not (self.quantized or isinstance(self.network, Teacher)):
            self._start_4_bit()
        rate = self.plan.rate * min(1.0, share / 0.05) * max(0.02, 1 - share)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        batch = on_device(batch, self.plan.device)
        with torch.autocast(self.plan.device, torch.bfloat16, enabled=self.plan.bf16):
            found = self.network(batch.tokens, batch.mask, batch.answer, batch.spans)
        there = batch.labels != NONE
        target = taught(batch.labels, self._said(batch))[there]
        loss = functional.cross_entropy(found.mean[there], target)
        for alone in found:
            loss = loss + 0.25 * functional.cross_entropy(alone[there], target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.average.update(self.network)
        return loss.detach()

    @torch.no_grad()
    def _said(self, batch: Batch) -> torch.Tensor | None:
        """What the teacher makes of each criterion (rows, criteria, 4)."""
        if not self.teacher:
            return None
        with torch.autocast(self.plan.device, torch.bfloat16, enabled=self.plan.bf16):
            return self.teacher(batch.tokens, batch.mask, batch.answer, batch.spans).mean.softmax(-1)

    def _start_4_bit(self) -> None:
        self.say("from here on with 4-bit weights")
        weights = self.average.weights
        self.network.learn_4_bit()
        self.average = Average(self.network)
        renamed = {name.replace(".parametrizations.weight.original", ".weight"): name for name in self.average.weights}
        for plain, name in renamed.items():
            self.average.weights[name] = weights[plain].clone()
        self.average.steps = 2000
        self.quantized = True

    def _check_and_save(self) -> None:
        averaged = deepcopy(self.network)
        averaged.load_state_dict(self.average.weights)
        told = {name: figures(rows, predict(averaged, rows)) for name, rows in self.checks.items()}
        self.say(" ".join(f"{name}: {words}" for name, words in told.items()))
        state = {
            "weights": {
                k.replace(".parametrizations.weight.original", ".weight"): v for k, v in self.average.weights.items()
            },
            "average": self.average.weights,
            "steps": self.average.steps,
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "elapsed": self.elapsed,
            "quantized": self.quantized,
            "random": torch.get_rng_state(),
        }
        torch.save(state, self.out / "part.pt")
        (self.out / "part.pt").replace(self.out / "last.pt")

    def _resume(self) -> None:
        if not (self.out / "last.pt").exists():
            return
        state = torch.load(self.out / "last.pt", map_location=self.plan.device)
        if state["quantized"]:
            self.network.learn_4_bit()
            self.average = Average(self.network)
        self.network.load_state_dict(state["network"])
        self.average.weights, self.average.steps = state["average"], state["steps"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.elapsed, self.quantized = state["step"], state["elapsed"], state["quantized"]
        torch.set_rng_state(state["random"].cpu())
        self.say(f"going on from step {self.step}")

    def say(self, words: str) -> None:
        """A line with the time, on screen and in the log."""
        line = f"{time.strftime('%H:%M:%S')} {words}"
        print(line, flush=True)
        with (self.out / "log.txt").open("a") as log:
            log.write(line + "\n")


def taught(labels: torch.Tensor, said: torch.Tensor | None) -> torch.Tensor:
    """What is learned of each criterion (rows, criteria, 4): its label, and what a teacher says if there is one."""
    target = TARGETS.to(labels.device)[labels]
    if said is None:
        return target
    lone = (labels != NONE).sum(1, keepdim=True) == 1
    belief = torch.where(labels == UNTOLD, 1.0, torch.where(lone | (labels >= FIRM), 0.0, BELIEF)).unsqueeze(-1)
    return belief * said + (1 - belief) * target


def on_device(batch: Batch, device: str | torch.device) -> Batch:
    """The same batch there."""
    return Batch(*(each.to(device, non_blocking=True) for each in batch))


@torch.inference_mode()
def predict(network: Network, rows: Sequence[Row]) -> np.ndarray:
    """Logits (criteria of all rows, 4)."""
    network.eval()
    found = [encoded(row) for row in rows]
    found = [each._replace(tokens=each.tokens[:MOST]) for each in found]
    order = sorted(range(len(rows)), key=lambda i: len(found[i].tokens))
    device = network.cls_out.weight.device
    logits: dict[int, np.ndarray] = {}
    for start in range(0, len(order), 32):
        part = order[start : start + 32]
        batch = on_device(collate([found[i] for i in part]), device)
        told = network(batch.tokens, batch.mask, batch.answer, batch.spans).mean.cpu().numpy()
        logits |= {i: told[k, : len(rows[i].labels)] for k, i in enumerate(part)}
    return np.concatenate([logits[i] for i in range(len(rows))])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, required=True, help="the folder of public sets")
    parser.add_argument("--gold", type=Path, help="a gold set (answers) to check on while training; never trained on")
    parser.add_argument("--bank", type=Path, help="the folder of the gold set's bank")
    parser.add_argument("--out", type=Path, required=True, help="the run's folder")
    parser.add_argument("--start", type=Path, nargs="+", default=[], help="checkpoints whose mean to start from")
    parser.add_argument("--fold", type=int, help=f"hold out this of {FOLDS} folds")
    parser.add_argument("--passes", type=int, default=1)
    parser.add_argument("--rate", type=float, default=1.2e-4, help="the highest learning rate")
    parser.add_argument("--budget", type=int, default=2048, help="padded tokens a batch")
    parser.add_argument("--longest", type=int, default=LONGEST, help="longer rows are left out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--learn-4-bit-from", type=float, default=0.0, help="share of the run; 2 is never")
    parser.add_argument("--bf16", action="store_true", help="multiply at bfloat16; on CPUs it pays with AMX")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--workers", type=int, default=0, help="processes that make batches, a pass each in turn")
    parser.add_argument("--seconds", type=float, help="end by the clock, whatever the number of passes")
    parser.add_argument("--mpnet", type=Path, help="the folder of all-mpnet-base-v2; without --teacher trains one")
    parser.add_argument("--teacher", type=Path, nargs="+", default=[], help="checkpoints whose mean is learned from")
    parser.add_argument("--check-every", type=float, default=600, help="seconds")
    o = parser.parse_args()
    plan = Plan(**{name: getattr(o, name) for name in Plan._fields})
    torch.set_float32_matmul_precision("high" if o.device == "cuda" else "highest")
    checked = gold(o.gold, o.bank) if o.gold else []
    (o.out / "plan.json").parent.mkdir(parents=True, exist_ok=True)
    (o.out / "plan.json").write_text(json.dumps(plan._asdict(), default=str, indent=1))
    Run(plan, o.start, o.out, checked).train(o.check_every)


if __name__ == "__main__":
    main()
