"""Probes: each runs where the student's code lives, and knows no answers.

Only a probe's source text crosses into the box, so each function here stands alone: it sees
its arguments, the student's names, and `np`. It returns plain values.
"""


def pair(student, forward, backward, inputs, dout, cache):
    """Call a forward, a backward, or both joined by the student's own cache."""
    answer = {}
    if inputs is not None:
        returned = student[forward](*inputs)
        out, cache, *_ = returned if isinstance(returned, tuple) and len(returned) > 1 else (returned, None)
        answer["out"] = out
    if dout is not None:
        answer["gradients"] = student[backward](dout, cache)
    return answer


def function(student, name, inputs):
    """Call one function."""
    return {"returned": student[name](*inputs)}
