"""The terminal app: screens and nothing else; what they show comes from the grading path."""

from coach.tui.app import CoachApp

__all__ = ["CoachApp"]
