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
    stride, pad = conv_param.get("stride", 1), conv_param.get("pad", 0)
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    (N, _, H, W), (F, _, K, L) = padded.shape, w.shape
    if K > H or L > W:
        raise ValueError(f"w has windows of {K} by {L}; x with its frame is {H} by {W}, too small for them")
    out = np.empty((N, F, 1 + (H - K) // stride, 1 + (W - L) // stride), np.result_type(x, w, b))
    for i, j in np.ndindex(out.shape[2:]):
        # all pictures and all windows of weights at once: sum over channel, row, column
        window = padded[:, :, i * stride : i * stride + K, j * stride : j * stride + L]
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
    stride, pad = conv_param.get("stride", 1), conv_param.get("pad", 0)
    (_, _, H, W), (_, _, K, L) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded = np.zeros(padded.shape, np.result_type(dout, w))
    dw = np.zeros(w.shape, np.result_type(dout, x))
    for i, j in np.ndindex(dout.shape[2:]):
        here = slice(i * stride, i * stride + K), slice(j * stride, j * stride + L)
        dplace = dout[:, :, i, j]
        dw += np.tensordot(dplace, padded[:, :, *here], axes=([0], [0]))
        dpadded[:, :, *here] += np.tensordot(dplace, w, axes=1)
    return dpadded[:, :, pad : pad + H, pad : pad + W], dw, dout.sum(axis=(0, 2, 3))


@shaped
def max_pool_forward_naive(x, pool_param):
    """Slide a window over each channel and keep the largest entry that it shows.

    x (N, C, H, W), pool_param  ->  out (N, C, H', W'), cache (x, pool_param).
    pool_param: pool_height, pool_width, stride (1). H' = 1 + (H - pool_height) // stride, W' likewise;
    what is left over at the lower and right edge is not used.

    Raises ValueError where the window is larger than the picture. Call form: Stanford CS231n,
    assignment 2.
    """
    K, L, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param.get("stride", 1)
    N, C, H, W = x.shape
    if K > H or L > W:
        raise ValueError(f"x has shape {x.shape}; a window of {K} by {L} needs pictures as large")
    out = np.empty((N, C, 1 + (H - K) // stride, 1 + (W - L) // stride), x.dtype)
    for i, j in np.ndindex(out.shape[2:]):
        window = x[:, :, i * stride : i * stride + K, j * stride : j * stride + L]
        out[:, :, i, j] = window.max(axis=(2, 3))
    return out, (x, dict(pool_param))


def max_pool_backward_naive(dout, cache):
    """Send `dout` back through `max_pool_forward_naive`.

    dout (N, C, H', W'), cache (x, pool_param)  ->  dx (N, C, H, W).
    Of equal entries in a window the first, row by row, is the largest.
    """
    # Only the largest entry of a window moves its output, with slope 1. Windows may overlap, and an
    # entry that is the largest in several collects from all of them.
    x, pool_param = cache
    K, L, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param.get("stride", 1)
    N, C, H, W = x.shape
    dx = np.zeros(x.shape, dout.dtype)
    for i, j in np.ndindex(dout.shape[2:]):
        here = slice(i * stride, i * stride + K), slice(j * stride, j * stride + L)
        first = x[:, :, *here].reshape(N, C, K * L).argmax(axis=2)
        largest = first[..., None] == np.arange(K * L)
        dx[:, :, *here] += (largest * dout[:, :, i, j, None]).reshape(N, C, K, L)
    return dx
