"""Activations: one number in, one number out, entry by entry. And two ways to see them fail."""

import numpy as np

from backprop._shapes import shaped

__all__ = [
    "dead_units",
    "elu_backward",
    "elu_forward",
    "gelu_backward",
    "gelu_forward",
    "leaky_relu_backward",
    "leaky_relu_forward",
    "relu_backward",
    "relu_forward",
    "saturated_fraction",
    "sigmoid_backward",
    "sigmoid_forward",
    "silu_backward",
    "silu_forward",
    "softplus_backward",
    "softplus_forward",
    "tanh_backward",
    "tanh_forward",
]


@shaped
def relu_forward(x):
    """Let positive entries pass, set the others to zero: out = max(0, x).

    x (any shape)  ->  out (same shape), cache x.
    Source: Nair and Hinton (2010). Raises TypeError for what is no array of numbers.
    """
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    """Send `dout` back through `relu_forward`.

    dout (any shape), cache x  ->  dx (same shape).
    At x = 0, where the slope jumps, it is taken as 0.
    """
    # out = x where x > 0, slope 1;  out = 0 elsewhere, slope 0
    # dx = dout where x > 0, else 0
    x = cache
    return dout * (x > 0)


@shaped
def leaky_relu_forward(x, slope=0.01):
    """Let positive entries pass, let the others leak: out = x where x > 0, else slope x.

    x (any shape), slope a number  ->  out (same shape), cache (x, slope).
    Source: Maas, Hannun and Ng (2013). Raises TypeError for what is no array of numbers.
    """
    return np.where(x > 0, x, slope * x), (x, slope)


def leaky_relu_backward(dout, cache):
    """Send `dout` back through `leaky_relu_forward`.

    dout (any shape), cache (x, slope)  ->  dx (same shape).
    At x = 0, where the slope jumps, it is taken as `slope`.
    """
    # dx = dout where x > 0, else slope dout
    x, slope = cache
    return np.where(x > 0, dout, slope * dout)


@shaped
def sigmoid_forward(x):
    """Squeeze every number between 0 and 1: out = 1 / (1 + exp(-x)).

    x (any shape)  ->  out (same shape), cache out.
    Exact for x of any size. Raises TypeError for what is no array of numbers.
    """
    # 1 / (1 + exp(-x)) = exp(x) / (1 + exp(x)): of the two, take the one whose exp cannot overflow
    e = np.exp(np.where(x > 0, -x, x))
    out = np.where(x > 0, 1, e) / (1 + e)
    return out, out


def sigmoid_backward(dout, cache):
    """Send `dout` back through `sigmoid_forward`.

    dout (any shape), cache out  ->  dx (same shape).
    """
    # d out/dx = exp(-x) / (1 + exp(-x))² = out (1 - out): at most 1/4, at x = 0
    out = cache
    return dout * out * (1 - out)


@shaped
def tanh_forward(x):
    """Squeeze every number between -1 and 1: out = tanh(x).

    x (any shape)  ->  out (same shape), cache out.
    Raises TypeError for what is no array of numbers.
    """
    out = np.tanh(x)
    return out, out


def tanh_backward(dout, cache):
    """Send `dout` back through `tanh_forward`.

    dout (any shape), cache out  ->  dx (same shape).
    """
    # d out/dx = 1 - tanh(x)² = 1 - out²
    out = cache
    return dout * (1 - out**2)


@shaped
def elu_forward(x, alpha=1.0):
    """Let positive entries pass, bend the others towards -alpha: out = x where x > 0, else alpha (exp(x) - 1).

    x (any shape), alpha a number  ->  out (same shape), cache (x, alpha).
    Source: Clevert, Unterthiner and Hochreiter (2016). Raises TypeError for what is no array of numbers.
    """
    # exp is given what is not positive only: it cannot overflow
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))), (x, alpha)


def elu_backward(dout, cache):
    """Send `dout` back through `elu_forward`.

    dout (any shape), cache (x, alpha)  ->  dx (same shape).
    At x = 0 the slope is taken as alpha.
    """
    # dx = dout where x > 0, else alpha exp(x) dout
    x, alpha = cache
    return np.where(x > 0, dout, alpha * np.exp(np.minimum(x, 0)) * dout)


@shaped
def softplus_forward(x):
    """A smooth max(0, x): out = log(1 + exp(x)).

    x (any shape)  ->  out (same shape), cache x.
    Exact for x of any size. Source: Dugas and others (2001). Raises TypeError for what is no array of
    numbers.
    """
    # log(1 + exp(x)) = x + log(1 + exp(-x)): of the two, take the one whose exp cannot overflow
    return np.maximum(0, x) + np.log1p(np.exp(np.where(x > 0, -x, x))), x


def softplus_backward(dout, cache):
    """Send `dout` back through `softplus_forward`.

    dout (any shape), cache x  ->  dx (same shape).
    """
    # d out/dx = exp(x) / (1 + exp(x)) = sigmoid(x)
    x = cache
    s, _ = sigmoid_forward(x)
    return dout * s


@shaped
def silu_forward(x):
    """Weigh every number by its own sigmoid: out = x sigmoid(x). Also called swish.

    x (any shape)  ->  out (same shape), cache (x, s), s the sigmoid of x.
    Sources: Elfwing, Uchibe and Doya (2018); Ramachandran, Zoph and Le (2017). Raises TypeError for what
    is no array of numbers.
    """
    s, _ = sigmoid_forward(x)
    return x * s, (x, s)


def silu_backward(dout, cache):
    """Send `dout` back through `silu_forward`.

    dout (any shape), cache (x, s)  ->  dx (same shape).
    """
    # out = x s, and x reaches it twice: directly, with slope s, and through s, with slope x s (1 - s)
    x, s = cache
    return dout * (s + x * s * (1 - s))


@shaped
def gelu_forward(x):
    """Weigh every number by about the share of a Gaussian below it: out = x (1 + t) / 2.

    Here t = tanh(sqrt(2/pi) (x + 0.044715 x³)), the tanh form of the GELU.

    x (any shape)  ->  out (same shape), cache (x, t).
    Source: Hendrycks and Gimpel (2016). Raises TypeError for what is no array of numbers.
    """
    t = np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3))
    return x * (1 + t) / 2, (x, t)


def gelu_backward(dout, cache):
    """Send `dout` back through `gelu_forward`.

    dout (any shape), cache (x, t)  ->  dx (same shape).
    """
    # out = x (1 + t) / 2, and x reaches it twice: directly, with slope (1 + t) / 2, and through t, with
    # slope x/2 dt/dx, where dt/dx = (1 - t²) sqrt(2/pi) (1 + 3 · 0.044715 x²)
    x, t = cache
    dt = (1 - t**2) * (2 / np.pi) ** 0.5 * (1 + 3 * 0.044715 * x**2)
    return dout * ((1 + t) / 2 + x / 2 * dt)


@shaped
def saturated_fraction(local, below=0.1):
    """The share of entries at which an activation hardly answers: |local slope| < below.

    local (any shape), the slopes d out/dx entry by entry  ->  share, from 0 to 1.
    Raises TypeError for what is no array of numbers.
    """
    return float((np.abs(local) < below).mean())


@shaped
def dead_units(h):
    """Which hidden units answer no example of the batch, so that nothing is sent back through them.

    h (N, H), outputs of a ReLU  ->  mask (H,), True where a column is 0 for every example.
    Raises ValueError unless h has two axes.
    """
    return (h == 0).all(axis=0)
