"""Send the gradient back through your stranger.

`stranger("09")` above shows it. `cache` holds its inputs and every line, in the order in which they are
written; return the gradients of the inputs, in their order. It has everything that the course has taught: something is copied and
what comes back is added, a row's own statistic is taken out of it, something is picked and its way back is scattered.

Marking draws the same layer from the name under which you hand in, and tries large numbers too.
"""

from autograder.strangers.exercise import stranger

exercise = stranger("09", level=5, points=dict(dx=4, dw=2, db=1, dt=2), minutes=18)
