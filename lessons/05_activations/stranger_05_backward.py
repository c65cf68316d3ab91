"""Send the gradient back through your stranger.

`stranger("05")` above shows it. `cache` holds its inputs and every line, in the order in which they are
written; return the gradients of the inputs, in their order. Where a line bends, what arrives is multiplied by the slope at each
entry; where two things are multiplied, each gets the other.

Marking draws the same layer from the name under which you hand in, and tries large numbers too.
"""

from autograder.strangers.exercise import stranger

exercise = stranger("05", level=3, points=dict(dx=3, dw=2, db=1), minutes=12)
