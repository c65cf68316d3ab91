"""Every gradient of a small network, as others write them, and the catalogue's mistakes in their hands."""

import numpy as np


def loops(x, y, params):
    w1, b1, w2, b2 = params["w1"], params["b1"], params["w2"], params["b2"]
    N, H, C = len(x), w1.shape[1], w2.shape[1]
    dscores, dhidden, dout, dx = np.zeros((N, C)), np.zeros((N, H)), np.zeros((N, H)), np.zeros(x.shape)
    dw2, db2, dw1, db1 = np.zeros(w2.shape), np.zeros(C), np.zeros(w1.shape), np.zeros(H)
    for n in range(N):
        a = x[n] @ w1 + b1
        h = a * (a > 0)
        s = h @ w2 + b2
        e = np.exp(s - s.max())
        for c in range(C):
            dscores[n, c] = (e[c] / e.sum() - (c == y[n])) / N
            db2[c] += dscores[n, c]
            for j in range(H):
                dw2[j, c] += h[j] * dscores[n, c]
                dhidden[n, j] += w2[j, c] * dscores[n, c]
        for j in range(H):
            dout[n, j] = dhidden[n, j] if a[j] > 0 else 0.0
            db1[j] += dout[n, j]
        dw1 += np.outer(x[n], dout[n])
        dx[n] = w1 @ dout[n]
    return dict(dscores=dscores, dw2=dw2, db2=db2, dhidden=dhidden, dout=dout, dw1=dw1, db1=db1, dx=dx)


def einsum(x, y, params):
    g = {}
    a = np.einsum("nd,dh->nh", x, params["w1"]) + params["b1"]
    h = np.where(a > 0, a, 0)
    s = np.einsum("nh,hc->nc", h, params["w2"]) + params["b2"]
    e = np.exp(s - np.max(s, axis=1, keepdims=True))
    g["dscores"] = (e / np.sum(e, axis=1, keepdims=True) - np.eye(s.shape[1])[y]) / len(x)
    g["dw2"] = np.einsum("nh,nc->hc", h, g["dscores"])
    g["db2"] = np.einsum("nc->c", g["dscores"])
    g["dhidden"] = np.einsum("nc,hc->nh", g["dscores"], params["w2"])
    g["dout"] = np.where(a > 0, g["dhidden"], 0)
    g["dw1"] = np.einsum("nd,nh->dh", x, g["dout"])
    g["db1"] = np.einsum("nh->h", g["dout"])
    g["dx"] = np.einsum("nh,dh->nd", g["dout"], params["w1"])
    return g


def staged(x, y, params):
    N = x.shape[0]
    p1 = np.dot(x, params["w1"])
    a = p1 + params["b1"]
    mask = a > 0
    h = a * mask
    p2 = np.dot(h, params["w2"])
    s = p2 + params["b2"]
    e = np.exp(s - np.max(s, axis=1, keepdims=True))
    q = e / np.sum(e, axis=1, keepdims=True)
    target = np.zeros_like(q)
    target[np.arange(N), y] = 1.0
    dscores = (q - target) / N
    db2 = np.sum(dscores, axis=0)
    dp2 = dscores
    dw2 = np.dot(h.transpose(), dp2)
    dh = np.dot(dp2, params["w2"].transpose())
    da = dh * mask
    db1 = np.sum(da, axis=0)
    dw1 = np.dot(x.transpose(), da)
    dx = np.dot(da, params["w1"].transpose())
    return {"dscores": dscores, "dw2": dw2, "db2": db2, "dhidden": dh, "dout": da, "dw1": dw1, "db1": db1, "dx": dx}


def compact(x, y, params):
    h = np.maximum(0, x @ params["w1"] + params["b1"])
    s = np.exp(h @ params["w2"] + params["b2"])
    d = s / s.sum(1)[:, None]
    d[np.arange(len(y)), y] -= 1
    d /= len(y)
    dh = d @ params["w2"].T
    da = dh * (h > 0)
    first = dict(dw1=x.T @ da, db1=da.sum(0), dx=da @ params["w1"].T)
    return dict(dscores=d, dw2=h.T @ d, db2=d.sum(0), dhidden=dh, dout=da, **first)


REWRITTEN = [
    ("forgets_the_mean", "staged", "(q - target) / N", "q - target"),
    ("goes_around_the_relu", "loops", "dhidden[n, j] if a[j] > 0 else 0.0", "dhidden[n, j]"),
    ("masks_with_the_gradient", "einsum", 'np.where(a > 0, g["dhidden"], 0)', 'np.maximum(0, g["dhidden"])'),
    ("averages_the_biases", "compact", "db2=d.sum(0)", "db2=d.mean(0)", "db1=da.sum(0)", "db1=da.mean(0)"),
    (
        "takes_what_the_relu_was_given",
        "loops",
        "dw2[j, c] += h[j] * dscores[n, c]",
        "dw2[j, c] += a[j] * dscores[n, c]",
    ),
]
