"""The autograder: exercises, what a learner calls, the judge, and the way into nbgrader.

Importing this needs NumPy only and works on every system; everything heavier is imported by
the command that uses it.
"""

from autograder.check import check, guess, quiz
from autograder.strangers.practice import practice, stranger

__all__ = ["check", "guess", "practice", "quiz", "stranger"]
