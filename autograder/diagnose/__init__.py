"""x"""
from autograder.diagnose.suspects import Here, attempt
