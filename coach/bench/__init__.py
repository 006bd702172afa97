"""How far a judge agrees with labelled answers."""

from coach.bench.agreement import METRICS, Agreement, Estimate, agreement
from coach.bench.gold import Sample, read_gold

__all__ = ["METRICS", "Agreement", "Estimate", "Sample", "agreement", "read_gold"]
