"""First weights: random, and as large as keeps signals the size they are."""

from functools import wraps

import numpy as np

__all__ = ["he_init", "xavier_init"]


def _of_counts(draw):
    """See that there is at least one input and one output."""

    @wraps(draw)
    def checked(fan_in, fan_out, rng):
        for name, count in (("fan_in", fan_in), ("fan_out", fan_out)):
            if count < 1:
                raise ValueError(f"{name} is {count}; expected at least 1")
        return draw(fan_in, fan_out, rng)

    return checked


@_of_counts
def xavier_init(fan_in, fan_out, rng):
    """Weights that keep values and gradients about their size where the activation is nearly linear.

    fan_in inputs, fan_out outputs, rng a generator  ->  w (fan_in, fan_out), normal with mean 0; the
    variance is a compromise between what values and what gradients want.
    Raises ValueError unless both are positive. Source: Glorot and Bengio (2010).
    """
    # out = x w sums fan_in terms: its variance is that of x if var(w) = 1 / fan_in.
    # dx = dout wᵀ sums fan_out terms: it keeps its variance if var(w) = 1 / fan_out.
    # Both at once cannot be had unless fan_in = fan_out, so take the harmonic mean of the two.
    return np.sqrt(2 / (fan_in + fan_out)) * rng.normal(size=(fan_in, fan_out))


@_of_counts
def he_init(fan_in, fan_out, rng):
    """Weights that keep the variance of the pre-activations from layer to layer of ReLUs.

    fan_in inputs, fan_out outputs, rng a generator  ->  w (fan_in, fan_out), normal with mean 0; the
    variance makes up for the half that a ReLU takes.
    Raises ValueError unless both are positive. Source: He, Zhang, Ren and Sun (2015).
    """
    # Half of what a ReLU is given passes, so the mean of its squared output is var(x) / 2.
    # The next sum has fan_in such terms: it has the variance of x again if var(w) = 2 / fan_in.
    return np.sqrt(2 / fan_in) * rng.normal(size=(fan_in, fan_out))
