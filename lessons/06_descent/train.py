"""Write the loop: one step for each batch.

- `params` is a dictionary of arrays by name;
- `loss(params, x, y)` returns a number and `grads`, a dictionary with the same names;
- `batches` gives pairs `(x, y)`, from a list or one by one;
- `update(w, dw, config)` returns `(next_w, config)`, as your optimisers do; `config` is what they begin with.

For each batch: ask for loss and gradients, then move *every* parameter by its own gradient. What an optimiser
remembers of one parameter is no use to another, so each needs a `config` of its own, which begins as a copy of the
one that is given. Return `(params, losses)`: the parameters after the last step, and a list of one loss for each
batch, as it was before its step.

You are judged by a few steps, exactly: every parameter and every loss. Neither time nor accuracy is looked at.

"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import optim

exercise = Exercise(
    writes=["train"],
    reference=optim,
    points=dict(losses=2, params=4),
    minutes=10,
    kind="training",
    help=[
        "Two loops, one inside the other: over the batches, and for each batch over the parameters.",
        "Before the loops: a list for the losses, and a dictionary with a copy of `config` for each name.",
        "In the outer loop `loss` is called once. In the inner one `update` is called with three things that all belong to one name; both "
        "values that it returns are kept.",
        "An example with other numbers: params = {a: 1, b: 2}; the first batch gives the loss 5 and grads = {a: 3, b: -1}. With "
        "a plain step at a rate of 0.1, a becomes 0.7 and b becomes 2.1, and losses is [5] so far.",
    ],
)


def affine(rng, sizes=(4, 3, 5), d=3, m=2):
    """An affine layer, and batches of these sizes."""
    params = dict(w=rng.normal(size=(d, m)), b=rng.normal(size=m))
    batches = [(rng.normal(size=(n, d)), rng.normal(size=(n, m))) for n in sizes]
    return params, batches


def question(params, loss, batches, update, **config):
    return dict(params=params, loss=loss, batches=batches, update=update, config=config)


@exercise.case
def ordinary(rng):
    params, batches = affine(rng)
    return question(params, "affine", batches, "plain", learning_rate=rng.uniform(0.1, 0.3))


@exercise.case
def with_momentum(rng):
    params, batches = affine(rng, (2, 6, 3, 4), d=4, m=3)
    return question(
        params, "affine", batches, "rolling", learning_rate=rng.uniform(0.1, 0.3), momentum=rng.uniform(0.5, 0.9)
    )


@exercise.case
def a_hidden_layer(rng):
    params = dict(w1=rng.normal(size=(3, 4)), w2=rng.normal(size=(4, 2)), b2=rng.normal(size=2))
    batches = [(rng.normal(size=(n, 3)), rng.normal(size=(n, 2))) for n in (5, 2, 3)]
    return question(
        params, "hidden", batches, "rolling", learning_rate=rng.uniform(0.1, 0.3), momentum=rng.uniform(0.5, 0.9)
    )


@exercise.case
def alike_in_shape(rng):
    params = dict(straight=rng.normal(size=(3, 2)), bent=rng.normal(size=(3, 2)))
    batches = [(rng.normal(size=(n, 3)), rng.normal(size=(n, 2))) for n in (4, 6, 5)]
    return question(params, "curve", batches, "slowing", learning_rate=rng.uniform(0.05, 0.1))


@exercise.case
def batches_of_one(rng):
    params, batches = affine(rng, (1, 1))
    return question(params, "affine", batches, "slowing", learning_rate=rng.uniform(0.1, 0.3))


@exercise.case
def batches_one_by_one(rng):
    params, batches = affine(rng, (3, 4, 2), d=2, m=4)
    stream = {"one by one": batches}
    return question(
        params, "affine", stream, "rolling", learning_rate=rng.uniform(0.1, 0.3), momentum=rng.uniform(0.5, 0.9)
    )


@exercise.case
def square(rng):
    params, batches = affine(rng, (3, 3, 3), d=3, m=3)
    return question(
        params, "affine", batches, "rolling", learning_rate=rng.uniform(0.1, 0.3), momentum=rng.uniform(0.5, 0.9)
    )


@exercise.derivation
def in_the_callers_dictionary(params, loss, batches, update, config):
    losses, configs = [], {name: config.copy() for name in params}
    for x, y in batches:
        value, grads = loss(params, x, y)
        for name in params:
            params[name], configs[name] = update(params[name], grads[name], configs[name])
        losses.append(value)
    return params, losses


def separate(params, config):
    return dict(params), {name: dict(config) for name in params}


@exercise.mistake(caught_by=rules.runs)
def shares_one_config(params, loss, batches, update, config):
    """All your parameters share one `config`: what is remembered of one is taken for another's. With momentum the
    shapes often clash; where they do not, nobody is warned. Each parameter needs a copy of its own."""
    params, losses = dict(params), []
    for x, y in batches:
        value, grads = loss(params, x, y)
        losses.append(value)
        for name in params:
            params[name], config = update(params[name], grads[name], config)
    return params, losses


@exercise.mistake(caught_by=rules.values)
def shares_one_dictionary(params, loss, batches, update, config):
    """Each of your parameters has an entry for its `config`, but it is the same dictionary in all of them: an
    optimiser that writes into it writes into everybody's. Copies are needed, not names for one thing."""
    params, losses, configs = dict(params), [], dict.fromkeys(params, config)
    for x, y in batches:
        value, grads = loss(params, x, y)
        losses.append(value)
        for name in params:
            params[name], configs[name] = update(params[name], grads[name], configs[name])
    return params, losses


@exercise.mistake(caught_by=rules.values)
def drops_the_config(params, loss, batches, update, config):
    """What `update` returns as its second value is lost, and what the optimiser remembers with it: every step is like
    a first one. Keep it for the next step of the same parameter."""
    (params, configs), losses = separate(params, config), []
    for x, y in batches:
        value, grads = loss(params, x, y)
        losses.append(value)
        for name in params:
            params[name], _ = update(params[name], grads[name], configs[name])
    return params, losses


@exercise.mistake(caught_by=rules.values)
def begins_again_at_every_batch(params, loss, batches, update, config):
    """The optimiser gets a fresh copy of `config` at every batch, and has forgotten the batch before. The copies are
    made once, before the loop."""
    params, losses = dict(params), []
    for x, y in batches:
        _, configs = separate(params, config)
        value, grads = loss(params, x, y)
        losses.append(value)
        for name in params:
            params[name], configs[name] = update(params[name], grads[name], configs[name])
    return params, losses


@exercise.mistake(caught_by=rules.values)
def takes_losses_after_the_step(params, loss, batches, update, config):
    """Your losses are taken after the step. Before it costs nothing: the loss comes with the gradients. After it
    takes a second pass, and shows the network a batch that it has just learned from."""
    (params, configs), losses = separate(params, config), []
    for x, y in batches:
        _, grads = loss(params, x, y)
        for name in params:
            params[name], configs[name] = update(params[name], grads[name], configs[name])
        losses.append(loss(params, x, y)[0])
    return params, losses


@exercise.mistake(caught_by=rules.values)
def asks_again_between_the_parameters(params, loss, batches, update, config):
    """You ask for new gradients after each parameter has moved, so that the later ones step from another place than
    the first. One gradient belongs to one place: ask once for each batch."""
    (params, configs), losses = separate(params, config), []
    for x, y in batches:
        losses.append(loss(params, x, y)[0])
        for name in params:
            grads = loss(params, x, y)[1]
            params[name], configs[name] = update(params[name], grads[name], configs[name])
    return params, losses


@exercise.mistake(caught_by=rules.values)
def keeps_the_first_gradient(params, loss, batches, update, config):
    """All your steps use the gradients of the place where the training began. The slope has to be asked for anew
    wherever one stands."""
    (start, (params, configs)), losses = (dict(params), separate(params, config)), []
    for x, y in batches:
        value, grads = loss(start, x, y)
        losses.append(value)
        for name in params:
            params[name], configs[name] = update(params[name], grads[name], configs[name])
    return params, losses


@exercise.mistake(caught_by=rules.values)
def never_moves(params, loss, batches, update, config):
    """Your parameters are where they were: what `update` returns as the next `w` is not put back under its name."""
    (params, configs), losses = separate(params, config), []
    for x, y in batches:
        value, grads = loss(params, x, y)
        losses.append(value)
        for name in params:
            w = params[name]
            w, configs[name] = update(w, grads[name], configs[name])
    return params, losses


@exercise.mistake(caught_by=rules.values)
def moves_one_parameter(params, loss, batches, update, config):
    """Only the first of your parameters moves. Is a `return` or a `break` inside the inner loop, or the loop not
    there? Every name has its turn at every batch."""
    (params, configs), losses = separate(params, config), []
    for x, y in batches:
        value, grads = loss(params, x, y)
        losses.append(value)
        for name in params:
            params[name], configs[name] = update(params[name], grads[name], configs[name])
            break
    return params, losses


@exercise.mistake(caught_by=rules.shapes)
def returns_after_one_batch(params, loss, batches, update, config):
    """You return after the first batch. The `return` belongs behind both loops."""
    (params, configs), losses = separate(params, config), []
    for x, y in batches:
        value, grads = loss(params, x, y)
        losses.append(value)
        for name in params:
            params[name], configs[name] = update(params[name], grads[name], configs[name])
        return params, losses


@exercise.mistake(caught_by=rules.shapes)
def keeps_the_last_loss(params, loss, batches, update, config):
    """You return one loss, the last. A list with the loss of every batch is asked for: its curve is what training is
    judged by."""
    params, losses = optim.train(params, loss, batches, update, config)
    return params, losses[-1]


@exercise.mistake(caught_by=rules.shapes)
def notes_the_loss_for_each_parameter(params, loss, batches, update, config):
    """You note the loss in the inner loop, once for each parameter. There is one for each batch."""
    (params, configs), losses = separate(params, config), []
    for x, y in batches:
        value, grads = loss(params, x, y)
        for name in params:
            losses.append(value)
            params[name], configs[name] = update(params[name], grads[name], configs[name])
    return params, losses


@exercise.mistake(caught_by=rules.values)
def averages_the_losses(params, loss, batches, update, config):
    """Your losses are the mean of all losses so far. Each is to be that of its own batch."""
    params, losses = optim.train(params, loss, batches, update, config)
    return params, np.cumsum(losses) / np.arange(1, len(losses) + 1)


@exercise.mistake(caught_by=rules.returns)
def returns_params_alone(params, loss, batches, update, config):
    """You return the parameters without the losses."""
    return optim.train(params, loss, batches, update, config)[0]


@exercise.mistake(caught_by=rules.returns)
def returns_losses_first(params, loss, batches, update, config):
    """Your two values are there, the other way round: first the parameters, then the losses."""
    params, losses = optim.train(params, loss, batches, update, config)
    return losses, params


@exercise.mistake(caught_by=rules.values)
def adds_up_gradients(params, loss, batches, update, config):
    """Your gradients are added up from batch to batch, as if they had not been cleared: every step uses all gradients
    so far."""
    (params, configs), losses = separate(params, config), []
    total = dict.fromkeys(params, 0)
    for x, y in batches:
        value, grads = loss(params, x, y)
        losses.append(value)
        for name in params:
            total[name] = total[name] + grads[name]
            params[name], configs[name] = update(params[name], total[name], configs[name])
    return params, losses


@exercise.mistake(caught_by=rules.values)
def descends_by_itself(params, loss, batches, update, config):
    """Your loop takes plain steps of its own, whatever `update` says. Call `update`: only it knows how this optimiser
    steps."""
    params, losses = dict(params), []
    for x, y in batches:
        value, grads = loss(params, x, y)
        losses.append(value)
        for name in params:
            params[name] = params[name] - config["learning_rate"] * grads[name]
    return params, losses


@exercise.mistake(caught_by=rules.runs)
def takes_values_in_a_row(params, loss, batches, update, config):
    """You match parameters and gradients by their place, and `grads` need not be in the order of `params`. Match them
    by name."""
    (params, configs), losses = separate(params, config), []
    for x, y in batches:
        value, grads = loss(params, x, y)
        losses.append(value)
        for name, dw in zip(params, grads.values()):
            params[name], configs[name] = update(params[name], dw, configs[name])
    return params, losses


@exercise.mistake(caught_by=rules.runs)
def asks_how_many(params, loss, batches, update, config):
    """You ask how many batches there are, or for one by its number. `batches` may come one by one, without an end
    that is known: `for` is all that you may ask of it."""
    (params, configs), losses = separate(params, config), []
    for i in range(len(batches)):
        value, grads = loss(params, *batches[i])
        losses.append(value)
        for name in params:
            params[name], configs[name] = update(params[name], grads[name], configs[name])
    return params, losses


@exercise.mistake(caught_by=rules.runs)
def hands_over_everything(params, loss, batches, update, config):
    """You gave `update` the whole dictionaries. It steps one array at a time."""
    losses = []
    for x, y in batches:
        value, grads = loss(params, x, y)
        losses.append(value)
        params, config = update(params, grads, config)
    return params, losses
