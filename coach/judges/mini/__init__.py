"""mini: the shipped judge, a small classifier that reads (question, criterion, answer) in llama.cpp."""

from coach.judges.mini.judge import MiniJudge

__all__ = ["MiniJudge"]
