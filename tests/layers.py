"""Exercises on layers of later lessons, for tests of what the diagnosis knows about them."""

from autograder.exercise import Exercise
from backprop import activations, layers, norm, residual

SHAPES = [(5, 7), (8, 3), (4, 6), (6, 6)]


def exercise(name, module, points, draw):
    """A pair with a case for each of some shapes, most of them not square."""
    writes = [f"{name}_forward", f"{name}_backward"] if "out" in points else [f"{name}_backward"]
    made = Exercise(writes=writes, reference=module, points=points, minutes=1, lesson="none")
    for n, d in SHAPES:

        def case(rng, n=n, d=d):
            return draw(rng, n, d)

        case.__name__ = f"of_{n}_by_{d}"
        made.case(case)
    return made


def _normal(rng, n, d):
    return dict(x=3 + rng.normal(size=(n, d)), gamma=1 + 0.5 * rng.normal(size=d), beta=rng.normal(size=d))


def _batch(rng, n, d):
    kept = dict(running_mean=rng.normal(size=d), running_var=1 + rng.random(d))
    return _normal(rng, n, d) | {"bn_param": {"mode": "train", "eps": 0.3} | kept}


def _layer(rng, n, d):
    return _normal(rng, n, d) | {"ln_param": {"eps": 0.3}}


def _dropout(rng, n, d):
    return dict(x=rng.normal(size=(n, d)), dropout_param={"p": 0.3, "mode": "train", "seed": int(rng.integers(1000))})


def _block(rng, n, d):
    return dict(x=rng.normal(size=(n, d)), w1=rng.normal(size=(d, d + 1)), b1=rng.normal(size=d + 1),
                w2=rng.normal(size=(d + 1, d)), b2=rng.normal(size=d))  # fmt: skip


def _affine(rng, n, d):
    return dict(x=rng.normal(size=(n, d)), w=rng.normal(size=(d, d + 2)), b=rng.normal(size=d + 2))


GRADIENTS = dict(dx=3, dgamma=1, dbeta=1)
BATCHNORM = exercise("batchnorm", norm, dict(out=1, **GRADIENTS), _batch)
LAYERNORM = exercise("layernorm", norm, dict(out=1, **GRADIENTS), _layer)
RESIDUAL = exercise("residual", residual, dict(dx=1, dw1=1, db1=1, dw2=1, db2=1), _block)
DROPOUT = exercise("dropout", norm, dict(out=1, dx=1), _dropout)
AFFINE = exercise("affine", layers, dict(out=1, dx=1, dw=1, db=1), _affine)
SILU = exercise("silu", activations, dict(dx=1), lambda rng, n, d: dict(x=rng.normal(size=(n, d))))
