"""Gradients by nudging: slow, nearly assumption-free, and so the witness for the fast ones.

A central difference with step h errs by about h² f'''/6 from the curve and eps f/h from
rounding, where eps is 1.1e-16 in float64. The two are equal near h = 1e-5 for functions of
ordinary size (Nocedal and Wright, Numerical Optimization, 2006, section 8.1).

Relative error of a whole gradient in float64, network of 2,826 parameters with batch norm and softmax:

    gradient, h = 1e-5            1e-9       2 calls of f for each entry
    complex_step                  2e-16      1 call for each entry, if f can take complex numbers
    directional_error             1e-10      13 calls in all; the floor of what it can see

In float32 no step is good: the best, 1e-3, errs by 1e-4. Check gradients in float64.
"""

import numpy as np

__all__ = ["complex_step", "directional_error", "gradient", "numeric_jacobian", "relative_error", "slope"]


def gradient(f, x, df=1.0, h=1e-5):
    """How fast sum(f(x) * df) moves when each entry of x is nudged alone.

    f (array -> number or array), x (any shape), df like f(x)  ->  gradient (shape of x).
    With f(x) a number, that is the gradient of f. Costs two calls of f per entry of x.

    Raises TypeError for integer x, which cannot be nudged. x itself is not modified.
    """
    x = _floats(x)
    grad = np.empty_like(x)
    for i, up, down, step in _nudged(x, h):
        grad[i] = np.sum((f(up) - f(down)) * df) / step
    return grad


def numeric_jacobian(f, x, h=1e-5):
    """How fast every output moves when each entry of x is nudged alone.

    f (array -> array), x (any shape)  ->  jacobian (shape of f(x), then shape of x).
    For vectors that is the matrix with jacobian[i, j] = d f_i / d x_j. Two calls of f per entry of x.
    """
    x = _floats(x)
    jacobian = np.empty(np.shape(f(x)) + x.shape)
    for i, up, down, step in _nudged(x, h):
        jacobian[(..., *i)] = (np.asarray(f(up)) - f(down)) / step
    return jacobian


def complex_step(f, x, df=1.0, h=1e-30):
    """The gradient of sum(f(x) * df) to the last digit or two: nudge each entry of x off the real line.

    f (array -> number or array), x (any shape), df like f(x)  ->  gradient (shape of x), float64.
    One call of f per entry, for f written with analytic functions: np.maximum and comparisons are fine, np.abs and
    writing into arrays of floats are not. Raises TypeError where f returns real numbers.
    Source: Squire and Trapp, Using complex variables to estimate derivatives of real functions, 1998.
    """
    # f(x + ih) = f(x) + ih f'(x) - h² f''(x)/2 - ...
    # The imaginary part over h is f'(x), off by h² f'''/6. No difference is taken, so no digits are lost and h may be
    # so small that its square vanishes.
    grad = np.empty(np.shape(x))
    for i in np.ndindex(grad.shape):
        z = np.array(x, dtype=complex)
        z[i] += 1j * h
        out = np.sum(f(z) * np.asarray(df))
        if not np.iscomplexobj(out):
            raise TypeError(f"f returned {out.dtype} for complex x: somewhere it drops the imaginary part")
        grad[i] = out.imag / h
    return grad


def slope(f, x, direction, df=1.0, h=1e-5):
    """How fast sum(f(x) * df) moves when x moves along `direction`. Costs two calls of f."""
    x = _floats(x)
    return np.sum((f(x + h * direction) - f(x - h * direction)) * df) / (2 * h)


def directional_error(f, x, dx, rng, df=1.0, h=1e-5, directions=3):
    """How far `dx` is from the gradient of sum(f(x) * df), seen along random directions, in units of ||dx||.

    f (array -> number or array), x and dx (same shape, float64), rng a NumPy generator, df like f(x)  ->  error >= 0.
    A right dx has an error near 1e-10. Call one wrong when its error is above 1e-7: where dx is off by 1e-4 of its norm
    or more, in any entries, the chance to miss that is below 1e-9. Costs 4 calls of f for each direction and one more:
    13, where full central differences cost two for each entry of x.

    A direction that meets a kink (a ReLU that switches) is drawn again, with half the step. Raises ValueError where
    that does not help: x then lies on a kink or the curve is too steep for h.
    """
    # Let e = dx - gradient. Along a direction u of independent Gaussians, dx . u and the true slope differ by e . u,
    # which is Gaussian with standard deviation ||e||, whatever e looks like. (Directions of +1 and -1 are blind in half
    # of all draws to two equal errors.) With ||e|| = 1e-4 ||dx|| and the line drawn at 1e-7 ||dx||,
    #
    #   P(one direction misses)    = P(|standard Gaussian| < 1e-3) = 2e-3 / sqrt(2 pi) = 8.0e-4
    #   P(three directions miss)   = 8.0e-4 cubed                                      = 5.1e-10
    x, dx = _floats(x), np.asarray(dx)
    if dx.shape != x.shape:
        raise ValueError(f"dx has shape {dx.shape} but x has shape {x.shape}")
    if not np.isfinite(dx).all():
        return float("inf")
    middle = f(x)
    rounding = 4 * np.finfo(x.dtype).eps * np.sum(np.abs(middle * np.asarray(df)))
    unit = max(np.linalg.norm(dx), 1e7 * rounding / h) or 1.0  # where dx is as small as that, there is no finer unit
    drawn = [_smooth_slope(f, x, middle, df, h, rng, unit) for _ in range(directions)]
    return float(max(abs(rate - np.vdot(dx, u)) for u, rate in drawn) / unit)


def relative_error(a, b):
    """||a - b|| / (||a|| + ||b||), and 0 for two zeros; raises ValueError where shapes differ.

    Norms of whole arrays: entry by entry, one entry near 0 would make a right gradient look wrong by 1e-5.
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"a has shape {a.shape} but b has shape {b.shape}")
    size = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / size) if size else 0.0


def _smooth_slope(f, x, middle, df, h, rng, unit, tries=7):
    """A Gaussian direction along which f is smooth near x, and the slope."""
    for h in h / 2.0 ** np.arange(tries):
        u = rng.standard_normal(x.shape)
        far, near = ([np.sum((f(x + s * u) - middle) * df) for s in (-step, step)] for step in (h, h / 2))
        wide, narrow = (far[1] - far[0]) / (2 * h), (near[1] - near[0]) / h
        # A smooth curve f0 + a s + b s² + c s³ + … has wide - narrow = 3/4 c h², and nothing is left of the even part
        # when the step is halved. A kink at distance t from x shows in one of the two, also where t is 0.
        odd, even = wide - narrow, (far[1] + far[0] - 4 * (near[1] + near[0])) / h
        if max(abs(odd), abs(even)) <= 1e-7 * max(unit, abs(narrow)):
            return u, (4 * narrow - wide) / 3  # which removes c as well
    raise ValueError(f"f has a kink at x, or bends too sharply: its slope still changes over steps of {h:.1g}")


def _nudged(x, h):
    """For each index of x: the index, a copy with that entry up by h, one with it down, the difference."""
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        yield i, up, down, up[i] - down[i]


def _floats(x):
    x = np.asarray(x)
    if x.dtype.kind not in "fc":
        raise TypeError(f"x has type {x.dtype}, which cannot be nudged by a small step; use float64")
    return x
