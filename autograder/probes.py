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


def engine(student, program, operations, ends, most):
    """Run a program with the student's operations; return every number that its ends lead to, and its links."""
    from backprop.graph import run

    values = run(program, {name: student[name] for name in operations})
    leaves = [values[name] for name, step in program.items() if not isinstance(step, (list, tuple))]
    found, links, count = [*leaves, *(values[name] for name in ends)], [], 0
    place = {id(value): number for number, value in reversed(list(enumerate(found)))}
    for value in found:  # which grows while we go through it
        if not (hasattr(value, "value") and hasattr(value, "links")):
            raise TypeError(f"a Value was expected, with its links; a {type(value).__name__} came back")
        row = []
        for link in value.links:
            count += 1
            if count > most:
                raise ValueError(f"there are more than {most} links in a small program")
            if not isinstance(link, (tuple, list)) or len(link) != 2:
                row.append(type(link).__name__)
                continue
            parent, partial = link
            if not (hasattr(parent, "value") and hasattr(parent, "links")):
                if hasattr(partial, "links"):
                    row.append("pair the other way round")
                    continue
                row.append((type(parent).__name__, partial))
                continue
            if id(parent) not in place:
                place[id(parent)] = len(found)
                found.append(parent)
            row.append((place[id(parent)], partial))
        links.append(row)
    return {"numbers": [value.value for value in found], "links": links, "ends": [place[id(values[e])] for e in ends]}


def table(student, name, inputs):
    """Call a function of edges, which count how often they are used."""
    from autograder.box.counted import Edges, Slope

    edges, *others = inputs
    returned = student[name](Edges((here, there, Slope(slope)) for here, there, slope in edges), *others)
    if not isinstance(returned, dict):
        return {"returned": returned}
    return {"returned": {node: float(v) if type(v) is Slope else v for node, v in returned.items()}}


def sweep(student, name, graph, asked, part):
    """Build values from numbers, and have the student's function send a gradient back from the last of them.
    Where the judge answers the calls of a `part`, the nodes of a graph go to it by number."""
    from autograder.box.counted import Slope
    from backprop.graph import Value

    if part:
        home = student[name].__globals__
        answered = home[part]

        def by_number(edges, end):
            number = {}

            def numbered(node):
                return number.setdefault(node, len(number))

            plain = [(numbered(a), numbered(b), float(slope)) for a, b, slope in edges]
            totals = answered(plain, number.setdefault(end, len(number)))
            return {node: totals[each] for node, each in number.items()}

        home[part] = by_number
    numbers, children, parents, partials = (array.tolist() for array in graph)
    values = [Value(number) for number in numbers]
    for child, parent, partial in zip(children, parents, partials):
        values[child].links.append((values[parent], Slope(partial)))
    try:
        returned = student[name](values[-1])
    finally:
        if part:
            home[part] = answered
    if not isinstance(returned, dict):
        return {"returned": returned}
    found = {number: returned[values[number]] for number in asked if values[number] in returned}
    gradients = {number: float(v) if type(v) is Slope else v for number, v in found.items()}
    return {"gradients": gradients, "unasked": sum(not isinstance(key, Value) for key in returned)}


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
        # of a vector, with a vector as its value
        "sum and product of ends": lambda x: np.array([np.sum(x * x), x[0] * x[-1] ** 2]),
        "powers": lambda x: np.concatenate([x, x**2, x**3]) * x[0],
        "running sum of squares": lambda x: np.cumsum(x * x),
    }
    made = dict(inputs)
    if "f" in made:
        made["f"] = functions[made["f"]]
    if "rng" in made:
        made["rng"] = np.random.default_rng(made["rng"])
    return {"returned": student[name](*made.values())}


def chance(student, name, inputs):
    """Call a function that draws: twice with the generator at one place, and once at another. `rng` comes as a seed."""

    def called(seed):
        return student[name](*{**inputs, "rng": np.random.default_rng(seed)}.values())

    seed = inputs["rng"]
    return {"returned": called(seed), "again": called(seed), "elsewhere": called(seed + 1)}


def optimiser(student, name, inputs):
    """Take a step for each gradient; every step is given what the one before it returned."""
    w, config, steps = inputs["w"], inputs["config"], []
    for dw in inputs["dws"]:
        returned = student[name](w, dw, config)
        if not isinstance(returned, (tuple, list)) or len(returned) != 2 or not isinstance(returned[1], dict):
            return {"returned": returned}
        w, config = returned
        steps.append(np.array(w))  # a copy, since the next step may write into it
    return {"steps": steps}


def training(student, name, inputs):
    """Run a loop that trains: `loss` and `update` come as names of these tables, the batches in a list or one by one."""

    def affine(params, x, y):
        off = x @ params["w"] + params["b"] - y
        return np.mean(off**2), {"w": 2 * x.T @ off / off.size, "b": 2 * off.sum(axis=0) / off.size}

    def hidden(params, x, y):
        h = np.tanh(x @ params["w1"])
        off = h @ params["w2"] + params["b2"] - y
        dh = off @ params["w2"].T * (1 - h**2)
        grads = {"b2": off.sum(axis=0), "w1": x.T @ dh, "w2": h.T @ off}  # in another order than the parameters
        return np.mean(off**2), {key: 2 * grad / off.size for key, grad in grads.items()}

    def curve(params, x, y):  # two parameters of the same shape
        off = x @ params["straight"] + x**2 @ params["bent"] - y
        return np.mean(off**2), {"straight": 2 * x.T @ off / off.size, "bent": 2 * (x**2).T @ off / off.size}

    def plain(w, dw, config):
        return w - config["learning_rate"] * dw, config

    def rolling(w, dw, config):  # what it remembers is in the config that it returns, and nowhere else
        v = config["momentum"] * config.get("velocity", np.zeros_like(w)) - config["learning_rate"] * dw
        return w + v, {**config, "velocity": v}

    def slowing(w, dw, config):  # remembers in the config that it is given
        config["t"] = config.get("t", 1) + 1
        return w - config["learning_rate"] / config["t"] * dw, config

    losses = {"affine": affine, "hidden": hidden, "curve": curve}
    updates = {"plain": plain, "rolling": rolling, "slowing": slowing}
    batches = inputs["batches"]
    if isinstance(batches, dict):
        batches = (batch for batch in batches["one by one"])
    made = dict(inputs, loss=losses[inputs["loss"]], batches=batches, update=updates[inputs["update"]])
    return {"returned": student[name](*made.values())}


def batches(student, name, inputs):
    """Deal examples into batches, twice with one generator, and once with another that begins like it."""

    def deal(rng):
        x, y = inputs["x"].copy(), inputs["y"].copy()
        returned = student[name](x, y, inputs["size"], rng)
        if returned is not None and not hasattr(returned, "shape") and not isinstance(returned, dict):
            # They may come one by one, without end.
            returned = [batch for batch, _ in zip(returned, range(len(x) + 2))]
        return {"returned": returned, "kept": [x, y]}

    one, other = np.random.default_rng(inputs["rng"]), np.random.default_rng(inputs["rng"])
    return {"deals": [deal(one), deal(one), deal(other)]}


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
