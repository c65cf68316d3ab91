"""Send the gradient back through your stranger.

`stranger("06")` above shows it. `cache` holds its inputs and every line, in the order in which they are
written; return the gradients of the inputs, in their order. It is drawn anew for this lesson, from your name.

Marking draws the same layer from the name under which you hand in, and tries large numbers too.
"""

from autograder.strangers.exercise import stranger

exercise = stranger("06", level=3, points=dict(dx=3, dw=2, db=1), minutes=12)
