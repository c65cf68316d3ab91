"""Five networks that do not learn, and what may be done for them.

Lesson 07 asks what each of them suffers from. To read on is to read the answers.
"""

import numpy as np

from backprop import data, init, optim
from backprop.network import DeepMLP
from backprop.training import clear

__all__ = ["CURES", "PATIENTS", "centred_digits", "visit"]

# gain: the standard deviation of a weight, times the root of the number of inputs
# fmt: off
PATIENTS = {
    "first":  dict(depth=50, activation="relu",    gain=2**0.5, rate=0.01),
    "second": dict(depth=10, activation="relu",    gain=0.4,    rate=0.01),
    "third":  dict(depth=10, activation="relu",    gain=2**0.5, rate=0.2),
    "fourth": dict(depth=10, activation="sigmoid", gain=1.0,    rate=0.03),
    "fifth":  dict(depth=10, activation="tanh",    gain=10.0,   rate=0.01),
}
CURES = {
    "none":  lambda patient: patient,
    "He":    lambda patient: patient | {"gain": 2**0.5},
    "tanh":  lambda patient: patient | {"activation": "tanh"},
    "clip":  lambda patient: patient | {"max_norm": 1.0},
    "five":  lambda patient: patient | {"depth": 5},
    "rate":  lambda patient: patient | {"rate": 10 * patient["rate"]},
}
# fmt: on


def centred_digits():
    """The digits with their mean taken out, from about -2 to 2  ->  x_train, y_train, x_test, y_test."""
    x_train, y_train, x_test, y_test = data.digits()
    middle = x_train.mean(axis=0)
    return 2 * (x_train - middle), y_train, 2 * (x_test - middle), y_test


def visit(patient, cure="none", functions=clear, rng=0, epochs=13):
    """Examine a patient before training, then train it on the digits, with a cure or as it is.

    patient: "first" to "fifth"; cure: "He" (all weights anew, with variance 2 / fan_in), "tanh" (in place of its bend),
    "clip" (gradients to norm 1), "five" (layers) or "rate" (ten times as high); functions as for a network
    ->  a dictionary with the lists rms, gradient_norm, cosine, as in `depth_profile`, and loss, one a step; accuracy.
    """
    case, (x_train, y_train, x_test, y_test) = CURES[cure](PATIENTS[patient]), centred_digits()

    def draw(fan_in, fan_out, rng):
        return case["gain"] / 2**0.5 * init.he_init(fan_in, fan_out, rng)

    def update(w, dw, config):
        clip = getattr(functions, "clip_gradients", optim.clip_gradients)
        dw = clip({"all": dw}, case["max_norm"])["all"] if "max_norm" in case else dw
        return optim.sgd_momentum(w, dw, config)

    net = DeepMLP((64, 64, 10), case["depth"], functions=functions, rng=rng, activation=case["activation"], init=draw)
    with np.errstate(all="ignore"):  # some of them overflow
        rms, gradient_norm, cosine = net.profile(x_train[:100], y_train[:100])
        config = {"learning_rate": case["rate"]}
        history = net.train(x_train, y_train, epochs, 64, update, config, rng, progress=False)
        return {
            "rms": rms, "gradient_norm": gradient_norm, "cosine": cosine,
            "loss": history["loss"], "accuracy": net.accuracy(x_test, y_test),
        }  # fmt: skip
