"""Normalisation: give signals the mean and the variance that learning likes. And dropout, the noise beside it."""

import numpy as np

from backprop._shapes import shaped

__all__ = [
    "batchnorm_backward",
    "batchnorm_backward_alt",
    "batchnorm_forward",
    "dropout_backward",
    "dropout_forward",
    "groupnorm_backward",
    "groupnorm_forward",
    "layernorm_backward",
    "layernorm_forward",
    "spatial_batchnorm_backward",
    "spatial_batchnorm_forward",
    "spatial_groupnorm_backward",
    "spatial_groupnorm_forward",
]


@shaped
def batchnorm_forward(x, gamma, beta, bn_param):
    """Give every feature mean 0 and variance 1 over the batch, then scale and shift: out = gamma xhat + beta.

    x (N, D), gamma (D,), beta (D,), bn_param  ->  out (N, D), cache (xhat, sigma, gamma, mode).

    bn_param: mode, "train" or "test"; eps (1e-5), inside the root; momentum (0.9); running_mean and
    running_var (D,), zeros to begin with. Training normalises by the batch, with the variance of N (not
    N - 1), and replaces the running entries of bn_param by momentum running + (1 - momentum) batch.
    Testing normalises by the running ones and changes nothing.

    Raises ValueError for shapes that do not fit and for another mode, KeyError without one. Source: Ioffe and Szegedy (2015);
    call form: Stanford CS231n, assignment 2.
    """
    mode, keep = bn_param["mode"], bn_param.get("momentum", 0.9)
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}; expected 'train' or 'test'")
    mu = running_mean = bn_param.get("running_mean", np.zeros_like(x[0]))
    var = running_var = bn_param.get("running_var", np.zeros_like(x[0]))
    if mode == "train":
        mu = x.mean(axis=0)
        var = np.square(x - mu).mean(axis=0)
        bn_param["running_mean"] = keep * running_mean + (1 - keep) * mu
        bn_param["running_var"] = keep * running_var + (1 - keep) * var
    sigma = np.sqrt(var + bn_param.get("eps", 1e-5))
    xhat = (x - mu) / sigma
    return gamma * xhat + beta, (xhat, sigma, gamma, mode)


def batchnorm_backward(dout, cache):
    """Send `dout` back through `batchnorm_forward`, one intermediate result after the other.

    dout (N, D), cache (xhat, sigma, gamma, mode)  ->  dx (N, D), dgamma (D,), dbeta (D,).
    """
    # forward, one small step a line              backward, from the last line to the first
    #   mu       = mean of x over the batch
    #   centred  = x - mu
    #   var      = mean of centred² over the batch
    #   sigma    = sqrt(var + eps)
    #   xhat     = centred / sigma
    #   out      = gamma xhat + beta
    #
    # What is used twice is blamed twice: centred makes xhat and var; x makes centred and mu. In test
    # mode mu and sigma are given from outside, and nothing returns through them.
    xhat, sigma, gamma, mode = cache
    N, centred = len(xhat), xhat * sigma
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dcentred = dxhat / sigma
    if mode == "test":
        return dcentred, dgamma, dbeta
    dsigma = -(dxhat * centred).sum(axis=0) / sigma**2
    dvar = dsigma / (2 * sigma)
    dcentred = dcentred + dvar * 2 * centred / N
    dmu = -dcentred.sum(axis=0)
    dx = dcentred + dmu / N
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    """Send `dout` back through `batchnorm_forward` in one line.

    dout (N, D), cache (xhat, sigma, gamma, mode)  ->  dx (N, D), dgamma (D,), dbeta (D,).
    """
    # dx = gamma/sigma (dout - mean(dout) - xhat mean(dout xhat))
    #
    # The two means are what returns through mu and through sigma: both were computed from the whole
    # column, so every entry of the column pays a share of each. They are dbeta/N and dgamma/N.
    xhat, sigma, gamma, mode = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    shares = (dbeta + xhat * dgamma) / len(xhat) if mode == "train" else 0
    return gamma / sigma * (dout - shares), dgamma, dbeta


@shaped
def layernorm_forward(x, gamma, beta, ln_param):
    """Give every example mean 0 and variance 1 over its features, then scale and shift.

    x (N, D), gamma (D,), beta (D,), ln_param  ->  out (N, D), cache (xhat, sigma, gamma).
    ln_param: eps (1e-5), inside the root. Training and testing are the same.

    Raises ValueError for shapes that do not fit. Source: Ba, Kiros and Hinton (2016); call form:
    Stanford CS231n, assignment 2.
    """
    mu = x.mean(axis=1, keepdims=True)
    var = np.square(x - mu).mean(axis=1, keepdims=True)
    sigma = np.sqrt(var + ln_param.get("eps", 1e-5))
    xhat = (x - mu) / sigma
    return gamma * xhat + beta, (xhat, sigma, gamma)


def layernorm_backward(dout, cache):
    """Send `dout` back through `layernorm_forward`.

    dout (N, D), cache (xhat, sigma, gamma)  ->  dx (N, D), dgamma (D,), dbeta (D,).
    """
    # dbeta  = sum over n of dout            beta was added to every row
    # dgamma = sum over n of dout xhat       gamma scaled every row
    # dxhat  = dout gamma
    # dx     = (dxhat - mean(dxhat) - xhat mean(dxhat xhat)) / sigma
    #
    # The two means are what returns through mu and through sigma: both were computed
    # from the whole row, so every entry of the row pays a share of each.
    xhat, sigma, gamma = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    through_mu = dxhat.mean(axis=1, keepdims=True)
    through_sigma = xhat * (dxhat * xhat).mean(axis=1, keepdims=True)
    return (dxhat - through_mu - through_sigma) / sigma, dgamma, dbeta


@shaped
def groupnorm_forward(x, gamma, beta, G, gn_param):
    """Give each of G groups of features of each example mean 0 and variance 1, then scale and shift.

    x (N, D), gamma (D,), beta (D,), G a divisor of D, gn_param  ->  out (N, D), cache (xhat, sigma, gamma),
    xhat (N, D), sigma (N, G, 1). gn_param: eps (1e-5), inside the root.

    Raises ValueError for shapes that do not fit. Source: Wu and He (2018).
    """
    if x.shape[1] % G:
        raise ValueError(f"G is {G}; x of shape {x.shape} needs a divisor of {x.shape[1]}")
    groups = x.reshape(len(x), G, -1)
    mu = groups.mean(axis=2, keepdims=True)
    var = np.square(groups - mu).mean(axis=2, keepdims=True)
    sigma = np.sqrt(var + gn_param.get("eps", 1e-5))
    xhat = ((groups - mu) / sigma).reshape(x.shape)
    return gamma * xhat + beta, (xhat, sigma, gamma)


def groupnorm_backward(dout, cache):
    """Send `dout` back through `groupnorm_forward`.

    dout (N, D), cache (xhat, sigma, gamma)  ->  dx (N, D), dgamma (D,), dbeta (D,).
    """
    # As layer norm, but the two means are over the group: only its members pay a share.
    xhat, sigma, gamma = cache
    N, G, _ = sigma.shape
    dgroups, groups = (dout * gamma).reshape(N, G, -1), xhat.reshape(N, G, -1)
    through_mu = dgroups.mean(axis=2, keepdims=True)
    through_sigma = groups * (dgroups * groups).mean(axis=2, keepdims=True)
    dx = (dgroups - through_mu - through_sigma) / sigma
    return dx.reshape(xhat.shape), (dout * xhat).sum(axis=0), dout.sum(axis=0)


@shaped
def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    """Batch normalisation of pictures: a channel's mean and variance are over the batch and all pixels.

    x (N, C, H, W), gamma (C,), beta (C,), bn_param  ->  out (N, C, H, W), cache of `batchnorm_forward`
    for the pixels as rows. bn_param as there, with running_mean and running_var (C,).

    Raises ValueError for shapes that do not fit and for another mode. Call form: Stanford CS231n,
    assignment 2.
    """
    N, C, H, W = x.shape
    rows, cache = batchnorm_forward(x.transpose(0, 2, 3, 1).reshape(-1, C), gamma, beta, bn_param)
    return rows.reshape(N, H, W, C).transpose(0, 3, 1, 2), cache


def spatial_batchnorm_backward(dout, cache):
    """Send `dout` back through `spatial_batchnorm_forward`.

    dout (N, C, H, W), cache of `batchnorm_forward`  ->  dx (N, C, H, W), dgamma (C,), dbeta (C,).
    """
    # Moving axes moves gradients the same way; in between it is batch norm.
    N, C, H, W = dout.shape
    rows, dgamma, dbeta = batchnorm_backward_alt(dout.transpose(0, 2, 3, 1).reshape(-1, C), cache)
    return rows.reshape(N, H, W, C).transpose(0, 3, 1, 2), dgamma, dbeta


@shaped
def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    """Group normalisation of pictures: a group is some channels of one picture, with all their pixels.

    x (N, C, H, W), gamma (1, C, 1, 1), beta (1, C, 1, 1), G a divisor of C, gn_param
    ->  out (N, C, H, W), cache of `groupnorm_forward` for pictures as rows. gn_param: eps (1e-5), inside
    the root.

    Raises ValueError for shapes that do not fit. Source: Wu and He (2018); call form: Stanford CS231n,
    assignment 2.
    """
    N, C, H, W = x.shape
    if C % G:
        raise ValueError(f"G is {G}; x of shape {x.shape} needs a divisor of {C}")
    gammas, betas = np.repeat(gamma.ravel(), H * W), np.repeat(beta.ravel(), H * W)
    out, cache = groupnorm_forward(x.reshape(N, -1), gammas, betas, G, gn_param)
    return out.reshape(x.shape), cache


def spatial_groupnorm_backward(dout, cache):
    """Send `dout` back through `spatial_groupnorm_forward`.

    dout (N, C, H, W), cache of `groupnorm_forward`  ->  dx (N, C, H, W), dgamma and dbeta (1, C, 1, 1).
    """
    # gamma and beta were copied to every pixel, so their gradients are sums over the pixels.
    N, C, H, W = dout.shape
    dx, dgammas, dbetas = groupnorm_backward(dout.reshape(N, -1), cache)
    dgamma, dbeta = (d.reshape(C, -1).sum(axis=1).reshape(1, C, 1, 1) for d in (dgammas, dbetas))
    return dx.reshape(dout.shape), dgamma, dbeta


@shaped
def dropout_forward(x, dropout_param):
    """Keep each entry with probability p, else set it to 0; what is kept grows by 1/p, so the mean stays.

    x (any shape), dropout_param  ->  out (same shape), cache (dropout_param, mask), mask like x or None.
    dropout_param: p, the probability of KEEPING, 0 < p <= 1; mode, "train" or "test", where testing
    changes nothing; seed, a number that fixes what is dropped, or a generator.

    Raises ValueError for another mode or p. Source: Srivastava and others (2014), in the inverted form;
    call form: Stanford CS231n, assignment 2.
    """
    mode, p = dropout_param["mode"], dropout_param["p"]
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}; expected 'train' or 'test'")
    if not 0 < p <= 1:
        raise ValueError(f"p is {p}; expected the probability of keeping, above 0 and at most 1")
    if mode == "test":
        return x.copy(), (dict(dropout_param), None)
    rng = np.random.default_rng(dropout_param.get("seed"))
    mask = (rng.random(x.shape) < p).astype(x.dtype) / p
    return x * mask, (dict(dropout_param), mask)


def dropout_backward(dout, cache):
    """Send `dout` back through `dropout_forward`.

    dout (any shape), cache (dropout_param, mask)  ->  dx (same shape).
    """
    # out = mask x, entry by entry, so dx = mask dout
    _, mask = cache
    return dout * (1 if mask is None else mask)
