"""Right code in other styles than the course's, one module for each exercise. None of it is used by the autograder.

A module holds functions called after their style, and `REWRITTEN`: mistakes of the exercise's catalogue, as somebody
would make them in one of these styles. A row names the mistake and the style, then says what is replaced by what.
"""
