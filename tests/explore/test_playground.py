"""The playground: it learns, it answers, it uses one's own functions and it never runs ahead of who watches."""

import asyncio
from types import SimpleNamespace

import numpy as np
import pytest

from backprop import activations, explore, layers
from backprop.explore.training import AHEAD


@pytest.fixture
def playground():
    return explore.playground(cells=16)


def test_training_lowers_the_loss_and_finds_the_classes(playground):
    host = playground._host
    before = host.training.picture()[0]["loss"]
    for _ in range(300):
        host.step()
    arrays, words = host.training.picture()
    assert arrays["loss"] < 0.3 * before and int(words["right"][:-1]) > 90 and words["steps"] == "300"
    assert arrays["field"].shape == (16, 16) and (0 <= arrays["field"]).all() and (arrays["field"] <= 1).all()


def test_deep_sigmoids_leave_the_first_layer_without_gradient(playground):
    playground.set_state({"knobs": playground.knobs | {"depth": 9, "bend": 2}})
    gradients = playground._scene.pick("gradients")
    assert len(gradients) == 11 and gradients[0] < gradients[-1] - 3
    assert "The first layer gets 1/" in playground._scene.say()


@pytest.mark.parametrize("knobs", [dict(norm=1), dict(skip=1, depth=3), dict(data=1), dict(data=2), dict(data=3), dict(bend=1)])  # fmt: skip
def test_every_control_gives_a_network_that_trains(playground, knobs):
    playground.move(**knobs)
    losses = [playground._host.training.picture()[0]["loss"]]
    for _ in range(60):
        playground._host.step()
    assert playground._host.training.picture()[0]["loss"] < losses[0]


def test_ones_own_functions_are_called():
    calls = []

    def relu_backward(dout, cache):
        calls.append(dout.shape)
        return activations.relu_backward(dout, cache)

    own = SimpleNamespace(relu_forward=activations.relu_forward, relu_backward=relu_backward, affine=layers)
    explore.playground(own, activation="relu")._host.step()
    assert calls


def test_to_look_ahead_leaves_no_trace_and_finds_what_would_be_answered(playground):
    host, knobs = playground._host, playground.knobs | {"depth": 4}
    training = host.training
    host.step()
    ahead, words = host.ahead(knobs)
    assert host.training is training and training.steps == 1
    answer, said = host.answer(knobs)
    assert words == said and all(np.array_equal(ahead[name], answer[name], equal_nan=True) for name in answer)


def test_buttons(playground):
    playground._handle_custom_msg({"do": "step"}, [])
    assert playground._host.training.steps == 1 and playground.frame == 1
    first = playground._host.training.net.weights.copy()
    playground._handle_custom_msg({"do": "reset"}, [])
    assert playground._host.training.steps == 0 and not np.array_equal(first, playground._host.training.net.weights)


def test_it_waits_for_who_watches(playground, monkeypatch):
    monkeypatch.setattr(playground._host, "train", playground._host.step)

    async def until(frame):
        async with asyncio.timeout(60):
            while playground.frame < frame:
                await asyncio.sleep(0.01)

    async def watch():
        playground.move(run=1)
        await until(AHEAD)
        await asyncio.sleep(0.1)
        held = playground.frame
        playground._handle_custom_msg({"seen": held}, [])
        await until(held + 1)
        playground.move(run=0)
        await asyncio.wait_for(playground._host.task, 60)
        return held

    assert asyncio.run(watch()) == AHEAD
