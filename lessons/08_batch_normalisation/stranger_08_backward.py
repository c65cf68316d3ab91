"""Send the gradient back through your stranger.

`stranger("08")` above shows it. `cache` holds its inputs and every line, in the order in which they are
written; return the gradients of the inputs, in their order. Somewhere the mean, the sum or the spread of a row or of a column is
taken out of it: then a nudge of one entry moves all the others.

Marking draws the same layer from the name under which you hand in, and tries large numbers too.
"""

from autograder.strangers.exercise import stranger

exercise = stranger("08", level=4, points=dict(dx=3, dw=2, db=1), minutes=14)
