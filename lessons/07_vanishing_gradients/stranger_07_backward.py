"""Send the gradient back through your stranger.

`stranger("07")` above shows it. `cache` holds its inputs and every line, in the order in which they are written;
return the gradients of the inputs, in their order. Every row, or every column, is compared with a statistic of its
own: whatever reaches that comes back to *all* entries that it was computed from, beside what they get directly.

Marking draws the same layer from the name under which you hand in, and tries large numbers too.
"""

from autograder.strangers.exercise import stranger

exercise = stranger("07", level=4, points=dict(dx=4, dw=2, db=1), minutes=14)
