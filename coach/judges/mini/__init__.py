"""mini: the shipped judge, a small classifier that reads a question, its criteria and an answer in llama.cpp."""

from coach.judges.mini.judge import MiniJudge

__all__ = ["MiniJudge"]
