"""Probes: each runs where the student's code lives, and knows no answers.

Only a probe's source text crosses into the box, so each function here stands alone: it sees
its arguments, the student's names, and `np`. It returns plain values.
"""

import numpy as np


def pair(student, forward, backward, inputs, dout, cache, keeps=()):
    """Call a forward, a backward, or both joined by the student's own cache."""
    answer = {}
    if inputs is not None:
        returned = student[forward](*inputs)
        alone = not isinstance(returned, tuple) or len(returned) < 2
        out, cache, *_ = (returned, None) if alone else returned
        answer |= {"out": out, "alone": alone, "kept": [inputs[i] for i in keeps]}
    if dout is not None:
        answer["gradients"] = student[backward](dout, cache)
    return answer


def function(student, name, inputs, keeps=()):
    """Call one function; bring back what it returned, and what has become of some of its inputs."""
    return {"returned": student[name](*inputs), "kept": [inputs[i] for i in keeps]}


def takes_a_function(student, name, inputs):
    """Call a function that takes a function: `f` comes as a name of this table, `rng` as a seed."""
    functions = {
        # of a number
        "square": lambda x: x * x,
        "cube": lambda x: x * x * x,
        "reciprocal": lambda x: 1 / x,
        "sine": lambda x: np.sin(x),
        "growth": lambda x: np.exp(x),
        # of an array, with a number as its value
        "sum of squares": lambda x: np.sum(x * x),
        "sum of sines": lambda x: np.sum(np.sin(x)),
        "neighbours": lambda x: np.sum(np.ravel(x)[1:] * np.ravel(x)[:-1] ** 2),  # every entry meets the next
        "softmax": lambda x: np.log(np.sum(np.exp(x))),  # every entry meets all others
    }
    made = dict(inputs)
    if "f" in made:
        made["f"] = functions[made["f"]]
    if "rng" in made:
        made["rng"] = np.random.default_rng(made["rng"])
    return {"returned": student[name](*made.values())}


def traced(student, name, inputs, watched):
    """Call one function, and note what it hands to some others and what they give back."""
    calls, home = [], student[name].__globals__
    before = {each: home[each] for each in watched if callable(home.get(each))}

    def copied(value):
        if isinstance(value, (tuple, list)):
            return [copied(each) for each in value]
        if isinstance(value, dict):
            return {str(key): copied(each) for key, each in value.items()}
        return np.array(value) if isinstance(value, np.ndarray) else value

    def noted(each, function):
        def call(*arguments):
            entry = [each, copied(arguments), None]
            if len(calls) < 30:
                calls.append(entry)
            returned = function(*arguments)
            entry[2] = copied(returned)
            return returned

        return call

    home.update({each: noted(each, function) for each, function in before.items()})
    try:
        student[name](*inputs)
    except Exception:
        pass  # what was called until then is told
    finally:
        home.update(before)
    return {"calls": calls}
