"""Five networks that do not learn: each is ill as it is, and one cure of five helps."""

import numpy as np
import pytest

from backprop import clinic

HELPS = {"first": "five", "second": "He", "third": "clip", "fourth": "tanh", "fifth": "He"}


@pytest.mark.parametrize("patient", clinic.PATIENTS)
def test_a_patient_is_ill_and_one_cure_helps(patient):
    assert clinic.visit(patient)["accuracy"] < 0.6
    assert clinic.visit(patient, HELPS[patient])["accuracy"] > 0.75


def test_a_visit_says_what_there_is_to_see():
    seen = clinic.visit("second", epochs=1)
    assert len(seen["rms"]) == len(seen["gradient_norm"]) == len(seen["cosine"]) == 10 + 3
    assert len(seen["loss"]) == 23 and np.isfinite(seen["loss"]).all()
    assert seen["loss"] == clinic.visit("second", epochs=1)["loss"] != clinic.visit("second", epochs=1, rng=1)["loss"]


def test_it_clips_with_the_functions_that_it_is_given():
    class Counting:
        calls = 0

        @classmethod
        def clip_gradients(cls, grads, max_norm):
            cls.calls += 1
            return {name: 0 * g for name, g in grads.items()}

    seen = clinic.visit("third", "clip", Counting, epochs=2)
    assert Counting.calls == len(seen["loss"]) == 46 and seen["accuracy"] == pytest.approx(0.1, abs=0.1)


def test_the_digits_are_centred():
    x, y, x_test, _ = clinic.centred_digits()
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-12)
    assert len(x) == len(y) and 0.4 < np.sqrt(np.mean(x_test**2)) < 0.7
