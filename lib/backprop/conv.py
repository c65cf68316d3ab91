"""Convolution and pooling: a window slides over a picture. Written as loops, to be read.

Pictures are x (N, C, H, W): examples, channels, rows, columns. The window stands at every `stride`-th
place; H' and W' are the numbers of its places down and across.
"""

import numpy as np

from backprop._shapes import shaped

__all__ = [
    "conv_backward_naive",
    "conv_forward_naive",
    "max_pool_backward_naive",
    "max_pool_forward_naive",
]


@shaped
def conv_forward_naive(x, w, b, conv_param):
    """Slide F windows of weights over each picture: at every place, out = sum of (window of x) w, plus b.

    x (N, C, H, W), w (F, C, K, L), b (F,), conv_param  ->  out (N, F, H', W'), cache (x, w, b, conv_param).
    conv_param: stride (1); pad (0), the width of the frame of zeros around each picture.
    H' = 1 + (H + 2 pad - K) // stride, W' likewise; what is left over at the lower and right edge is not
    used.

    Raises ValueError where shapes do not fit, and where the window is larger than picture and frame.
    Call form: Stanford CS231n, assignment 2.
    """
    padded, stride = _padded(x, conv_param), conv_param.get("stride", 1)
    places = _places(padded.shape, w.shape, stride)
    out = np.empty((len(x), len(w), *places), dtype=np.result_type(x, w, b))
    for i, j in np.ndindex(places):
        # all pictures and all windows of weights at once: sum over channel, row, column
        window = padded[:, :, *_at(i, j, w.shape, stride)]
        out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out, (x, w, b, dict(conv_param))


def conv_backward_naive(dout, cache):
    """Send `dout` back through `conv_forward_naive`.

    dout (N, F, H', W'), cache (x, w, b, conv_param)  ->  dx (N, C, H, W), dw (F, C, K, L), db (F,).
    """
    # At each place it is an affine layer whose input is the window. Its three gradients are added up
    # over the places: b and w were used at all of them, and an entry of x in all windows that hold it.
    # The frame of zeros collects too; it is cut off in the end.
    x, w, _, conv_param = cache
    padded, pad, stride = _padded(x, conv_param), conv_param.get("pad", 0), conv_param.get("stride", 1)
    dpadded = np.zeros(padded.shape, dout.dtype)
    dw = np.zeros(w.shape, dout.dtype)
    for i, j in np.ndindex(dout.shape[2:]):
        here = _at(i, j, w.shape, stride)
        dplace = dout[:, :, i, j]
        dw += np.tensordot(dplace, padded[:, :, *here], axes=([0], [0]))
        dpadded[:, :, *here] += np.tensordot(dplace, w, axes=1)
    dx = dpadded[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]
    return dx, dw, dout.sum(axis=(0, 2, 3))


@shaped
def max_pool_forward_naive(x, pool_param):
    """Slide a window over each channel and keep the largest entry that it shows.

    x (N, C, H, W), pool_param  ->  out (N, C, H', W'), cache (x, pool_param).
    pool_param: pool_height, pool_width, stride (1). H' = 1 + (H - pool_height) // stride, W' likewise;
    what is left over at the lower and right edge is not used.

    Raises ValueError where the window is larger than the picture. Call form: Stanford CS231n,
    assignment 2.
    """
    window, stride = (pool_param["pool_height"], pool_param["pool_width"]), pool_param.get("stride", 1)
    places = _places(x.shape, window, stride)
    out = np.empty((*x.shape[:2], *places), dtype=x.dtype)
    for i, j in np.ndindex(places):
        out[:, :, i, j] = x[:, :, *_at(i, j, window, stride)].max(axis=(2, 3))
    return out, (x, dict(pool_param))


def max_pool_backward_naive(dout, cache):
    """Send `dout` back through `max_pool_forward_naive`.

    dout (N, C, H', W'), cache (x, pool_param)  ->  dx (N, C, H, W).
    Of equal entries in a window the first, row by row, is the largest.
    """
    # Only the largest entry of a window moves its output, with slope 1. Windows may overlap, and an
    # entry that is the largest in several collects from all of them.
    x, pool_param = cache
    window, stride = (pool_param["pool_height"], pool_param["pool_width"]), pool_param.get("stride", 1)
    dx = np.zeros(x.shape, dout.dtype)
    for i, j in np.ndindex(dout.shape[2:]):
        here = _at(i, j, window, stride)
        flat = x[:, :, *here].reshape(*x.shape[:2], -1)
        largest = flat.argmax(axis=2)[..., None] == np.arange(flat.shape[2])
        dx[:, :, *here] += (largest * dout[:, :, i, j, None]).reshape(*x.shape[:2], *window)
    return dx


def _padded(x, conv_param):
    """x with a frame of zeros."""
    pad = conv_param.get("pad", 0)
    return np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))


def _at(i, j, window, stride):
    """The rows and columns that the window shows at place i, j."""
    K, L = window[-2:]
    return slice(i * stride, i * stride + K), slice(j * stride, j * stride + L)


def _places(shape, window, stride):
    """How many places the window has, down and across."""
    (H, W), (K, L) = shape[-2:], window[-2:]
    if stride < 1:
        raise ValueError(f"stride is {stride}; expected at least 1")
    if K > H or L > W:
        raise ValueError(
            f"the window is {K} by {L}; it needs a picture, with its frame, as large, and x has {H} by {W}"
        )
    return 1 + (H - K) // stride, 1 + (W - L) // stride
