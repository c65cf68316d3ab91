"""Layers for sequences: what was computed at one time is an input of the next.

Sequences are x (N, T, D): examples, times, features. Call forms: Stanford CS231n, assignment 3.
"""

import numpy as np

from backprop._shapes import shaped
from backprop.activations import sigmoid_forward
from backprop.layers import affine_backward, affine_forward

__all__ = [
    "lstm_backward",
    "lstm_forward",
    "lstm_step_backward",
    "lstm_step_forward",
    "rnn_backward",
    "rnn_forward",
    "rnn_step_backward",
    "rnn_step_forward",
    "temporal_affine_backward",
    "temporal_affine_forward",
    "temporal_softmax_loss",
    "word_embedding_backward",
    "word_embedding_forward",
]


@shaped
def word_embedding_forward(x, W):
    """Look up a row of W for every word: out[n, t] = W[x[n, t]].

    x (N, T) integers below V, W (V, D)  ->  out (N, T, D), cache (x, W).
    Raises ValueError for words that W has no row for, TypeError for words that are no integers.
    """
    return W[x], (x, W)


def word_embedding_backward(dout, cache):
    """Send `dout` back through `word_embedding_forward`.

    dout (N, T, D), cache (x, W)  ->  dW (V, D). Words are integers and have no gradient.
    """
    # Picking forward is scattering back. A word that occurs twice collects twice: `add.at` adds each
    # time, where dW[x] += dout would write once.
    x, W = cache
    dW = np.zeros(W.shape, dout.dtype)
    np.add.at(dW, x, dout)
    return dW


@shaped
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    """One moment of a recurrent network: next_h = tanh(x Wx + prev_h Wh + b).

    x (N, D), prev_h (N, H), Wx (D, H), Wh (H, H), b (H,)
    ->  next_h (N, H), cache (x, prev_h, Wx, Wh, next_h).
    Raises ValueError for shapes that do not fit. Source: Elman (1990).
    """
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)


def rnn_step_backward(dnext_h, cache):
    """Send `dnext_h` back through `rnn_step_forward`.

    dnext_h (N, H), cache (x, prev_h, Wx, Wh, next_h)
    ->  dx (N, D), dprev_h (N, H), dWx (D, H), dWh (H, H), db (H,).
    """
    # a = x Wx + prev_h Wh + b, two affine layers that share a bias;  next_h = tanh(a), slope 1 - next_h²
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * (1 - next_h**2)
    return da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(axis=0)


@shaped
def rnn_forward(x, h0, Wx, Wh, b):
    """Run `rnn_step_forward` through a sequence, with the same weights at every time.

    x (N, T, D), h0 (N, H), Wx (D, H), Wh (H, H), b (H,)  ->  h (N, T, H), cache: a list of the T caches.
    h[:, t] is the state after seeing x[:, t]. Raises ValueError for shapes that do not fit.
    """
    state, h, caches = h0, [], []
    for t in range(x.shape[1]):
        state, cache = rnn_step_forward(x[:, t], state, Wx, Wh, b)
        h.append(state)
        caches.append(cache)
    return np.stack(h, axis=1), caches


def rnn_backward(dh, cache):
    """Send `dh` back through `rnn_forward`: through time, from the last step to the first.

    dh (N, T, H), cache: the list of caches  ->  dx (N, T, D), dh0 (N, H), dWx (D, H), dWh (H, H), db (H,).
    dh[:, t] is the blame that h[:, t] gets from outside the network.
    """
    # h[:, t] is blamed twice: from outside, dh[:, t], and by the next time, which was computed from it.
    # The weights were used at every time, so their gradients are sums over time.
    state, dx, weights = 0, [], []
    for t in reversed(range(len(cache))):
        dxt, state, *at_t = rnn_step_backward(dh[:, t] + state, cache[t])
        dx.append(dxt)
        weights = [total + new for total, new in zip(weights, at_t)] if weights else at_t
    return np.stack(dx[::-1], axis=1), state, *weights


@shaped
def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    """One moment of an LSTM: gates decide what its memory c forgets, takes in and shows.

    i, f, o = sigmoid and g = tanh of the four parts of x Wx + prev_h Wh + b, in this order;
    next_c = f prev_c + i g, next_h = o tanh(next_c).

    x (N, D), prev_h (N, H), prev_c (N, H), Wx (D, 4H), Wh (H, 4H), b (4H,)
    ->  next_h (N, H), next_c (N, H), cache (x, prev_h, prev_c, Wx, Wh, gates, shown): gates are i, f, o, g
    and shown is tanh(next_c).
    Raises ValueError for shapes that do not fit. Sources: Hochreiter and Schmidhuber (1997); the gate f,
    Gers, Schmidhuber and Cummins (2000).
    """
    *gates, g = np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1)
    i, f, o = (sigmoid_forward(a)[0] for a in gates)
    g = np.tanh(g)
    next_c = f * prev_c + i * g
    shown = np.tanh(next_c)
    return o * shown, next_c, (x, prev_h, prev_c, Wx, Wh, (i, f, o, g), shown)


def lstm_step_backward(dnext_h, dnext_c, cache):
    """Send `dnext_h` and `dnext_c` back through `lstm_step_forward`.

    dnext_h (N, H), dnext_c (N, H), cache (x, prev_h, prev_c, Wx, Wh, gates, shown)
    ->  dx (N, D), dprev_h (N, H), dprev_c (N, H), dWx (D, 4H), dWh (H, 4H), db (4H,).
    """
    # next_c is blamed twice: from outside, dnext_c, and through next_h = o tanh(next_c).
    # next_c = f prev_c + i g: the way back to prev_c is a product with f alone, which may stay near 1
    # for long times.
    x, prev_h, prev_c, Wx, Wh, (i, f, o, g), shown = cache
    dc = dnext_c + dnext_h * o * (1 - shown**2)
    di, df, do, dg = dc * g, dc * prev_c, dnext_h * shown, dc * i
    da = np.concatenate([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)], axis=1)
    return da @ Wx.T, da @ Wh.T, dc * f, x.T @ da, prev_h.T @ da, da.sum(axis=0)


@shaped
def lstm_forward(x, h0, Wx, Wh, b):
    """Run `lstm_step_forward` through a sequence, with the same weights at every time; c begins at 0.

    x (N, T, D), h0 (N, H), Wx (D, 4H), Wh (H, 4H), b (4H,)  ->  h (N, T, H), cache: a list of the T caches.
    Raises ValueError for shapes that do not fit.
    """
    state, c, h, caches = h0, np.zeros_like(h0), [], []
    for t in range(x.shape[1]):
        state, c, cache = lstm_step_forward(x[:, t], state, c, Wx, Wh, b)
        h.append(state)
        caches.append(cache)
    return np.stack(h, axis=1), caches


def lstm_backward(dh, cache):
    """Send `dh` back through `lstm_forward`: through time, from the last step to the first.

    dh (N, T, H), cache: the list of caches
    ->  dx (N, T, D), dh0 (N, H), dWx (D, 4H), dWh (H, 4H), db (4H,).
    """
    # As `rnn_backward`, with two things handed from each time to the one before: the blame of h and of c.
    state, c, dx, weights = 0, 0, [], []
    for t in reversed(range(len(cache))):
        dxt, state, c, *at_t = lstm_step_backward(dh[:, t] + state, c, cache[t])
        dx.append(dxt)
        weights = [total + new for total, new in zip(weights, at_t)] if weights else at_t
    return np.stack(dx[::-1], axis=1), state, *weights


@shaped
def temporal_affine_forward(x, w, b):
    """An affine layer at every time, with the same weights: out[n, t] = x[n, t] w + b.

    x (N, T, D), w (D, M), b (M,)  ->  out (N, T, M), cache of `affine_forward` for all times as rows.
    Raises ValueError for shapes that do not fit.
    """
    N, T, D = x.shape
    out, cache = affine_forward(x.reshape(N * T, D), w, b)
    return out.reshape(N, T, -1), cache


def temporal_affine_backward(dout, cache):
    """Send `dout` back through `temporal_affine_forward`.

    dout (N, T, M), cache of `affine_forward`  ->  dx (N, T, D), dw (D, M), db (M,).
    """
    # For the layer a time is one more example.
    N, T, M = dout.shape
    dx, dw, db = affine_backward(dout.reshape(N * T, M), cache)
    return dx.reshape(N, T, -1), dw, db


@shaped
def temporal_softmax_loss(x, y, mask, verbose=False):
    """Cross-entropy at every time that counts: summed over time, averaged over the batch.

    x (N, T, V) scores, y (N, T) integer labels below V, mask (N, T) booleans, True where a time counts
    ->  loss (a number), dx (N, T, V).
    verbose is there for the call form and does nothing. Raises ValueError for labels that are no classes
    and for a mask with other entries than 0 and 1.
    """
    # loss = sum over n, t of mask[n, t] (-log p[n, t, y[n, t]]) / N
    # dx   = mask (p - onehot(y)) / N
    shifted = x - x.max(axis=2, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
    right = np.arange(x.shape[2]) == y[..., None]
    loss = -log_p[right & mask[..., None]].sum() / len(x)
    return loss, (np.exp(log_p) - right) * mask[..., None] / len(x)
