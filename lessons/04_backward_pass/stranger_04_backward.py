"""Send the gradient back through your stranger.

`stranger("04")` above shows it. `cache` holds its inputs and every line, in the order in which they are
written; return the gradients of the inputs, in their order. No layer of this kind is in any book: draw its
graph, and ask for each value where it is used.

Marking draws the same layer from the name under which you hand in, and tries large numbers too.
"""

from autograder.strangers.exercise import stranger

exercise = stranger("04", level=3, points=dict(dx=3, dw=2, db=1), minutes=12)
