"""Lesson 04: a network learns before one's eyes, and every layer shows how much gradient reaches it."""

import asyncio
import math
from time import perf_counter

import numpy as np

from backprop import data, optim
from backprop.explore.scene import Scene, button, check, choice, slider, toggle
from backprop.explore.widget import show
from backprop.init import he_init, xavier_init
from backprop.training import Network, affine_params, clear, in_row

__all__ = ["playground"]

WIDTH, POINTS, HISTORY = 16, 100, 200
BLOCK = 512  # rows of the grid that go through the network together
DATA = ("spirals", "moons", "rings", "clouds")
BENDS = ("tanh", "relu", "sigmoid")
RATES = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3]
BUDGET = 0.004  # seconds of training between two pictures
PACE = 1 / 60  # seconds from picture to picture, if the browser can follow
AHEAD = 16  # pictures on their way to the browser, which answers every eighth: an answer costs as much as a picture
PATIENCE = 60  # seconds after which nobody is taken to be watching


def playground(functions=clear, data="spirals", depth=2, activation="tanh", cells=64):
    """Train a network in the kernel and watch the boundary move, with the gradient that reaches each layer below.

    functions: an object with your own pairs, such as `mine`; what it has not comes from the library. data: spirals, moons,
    rings or clouds. depth: hidden layers, 1 to 12. activation: tanh, relu or sigmoid. cells: of the picture, along a side.
    """
    controls = [
        toggle("run", ["Train", "Pause"]),
        button("step", "One step"),
        button("reset", "Start again"),
        slider("rate", "learning rate", [f"{rate:g}" for rate in RATES], start=3),
        slider("depth", "hidden layers", range(1, 13), start=depth - 1),
        choice("data", "data", DATA, start=DATA.index(data)),
        choice("bend", "activation", BENDS, start=BENDS.index(activation)),
        check("norm", "batch norm"),
        check("skip", "residual"),
    ]
    host = _Playground(functions, cells, {c["name"]: c["start"] for c in controls if "values" in c})
    panels = [
        dict(
            kind="field", width=380, height=380, x=[-1.2, 1.2], y=[-1.2, 1.2], title="what the network says of each place",
            heat=dict(name="field", rows=cells, cols=cells, range=[0, 1], colours=["a-pale", "middle", "b-pale"]),
            points=[dict(xy=c, colour=c, mark=i, size=3.6) for i, c in enumerate("ab")],
        ),
        dict(
            kind="bars", width=270, height=380, y=[-7, 1], ylog=True, values="gradients", colour="gradient",
            title="gradient of each layer's weights (rms)", xlabel="layer",
        ),
        dict(
            kind="curves", width=250, height=380, x=[0, 1], y=[-4, 0.6], ylog=True, bare=True, xlabel="from the first step to now",
            title="loss", lines=[dict(y="losses", x="when", colour="truth", weight=2.5)],
        ),
    ]  # fmt: skip
    text = "Step {steps}: loss {loss}, {right} of the points right. {flow}"
    asks = ["depth", "data", "bend", "norm", "skip"]
    caption = "A network in training: its boundary, the gradient that reaches each layer, and the loss."
    answer = host.training.picture()
    return show(Scene("Playground", caption, text, controls, panels, {}, {}, asks, answer, streams=True), host)


class _Training:
    """A network, its data, and how far it has come."""

    def __init__(self, knobs, functions, grid, seed):
        self.x, self.y = _points(DATA[knobs["data"]])
        bend, norm, skip = BENDS[knobs["bend"]], bool(knobs["norm"]), bool(knobs["skip"])
        self.net = _Net(knobs["depth"] + 1, bend, norm, skip, functions, seed)
        self.config, self.losses, self.steps, self.every, self.grid = {}, [], 0, 1, grid

    def step(self, rate):
        self.config["learning_rate"] = rate
        loss, self.config = self.net.step(self.x, self.y, optim.adam, self.config)
        self._keep(float(loss))
        self.steps += 1

    def _keep(self, loss):
        """The losses of all steps, thinned out so that there are never more than HISTORY."""
        if self.steps % self.every == 0:
            self.losses.append(loss)
        if len(self.losses) > HISTORY:
            self.losses, self.every = self.losses[::2], 2 * self.every

    def picture(self):
        """Numbers and words of the present state."""
        loss, grads = self.net.loss(self.x, self.y)
        sizes = np.array([np.sqrt(np.mean(np.square(grads[name]))) for name in self.net.weight_names])
        known = np.log10(np.maximum([*self.losses, float(loss)], 1e-6))
        losses, when = np.full(HISTORY + 1, np.nan), np.zeros(HISTORY + 1)
        losses[: len(known)], when[: len(known)] = known, np.linspace(0, 1, len(known)) if len(known) > 1 else 0.0
        arrays = dict(
            field=self._field(), a=self.x[self.y == 0], b=self.x[self.y == 1],
            gradients=np.log10(np.maximum(sizes, 1e-12)), losses=losses, when=when, loss=float(loss),
        )  # fmt: skip
        right = self.net.accuracy(self.x, self.y)
        return arrays, dict(steps=f"{self.steps:,}", right=f"{right:.0%}", flow=_flow(sizes))

    def _field(self):
        """What the network says of each cell, the share of class b."""
        # BLOCK rows at a time stay in the cache, and on one core: the other one is busy with the picture.
        scores = np.concatenate([self.net.scores(x) for x in np.split(self.grid, range(BLOCK, len(self.grid), BLOCK))])
        cells = math.isqrt(len(scores))
        return 1 / (1 + np.exp((scores[:, 0] - scores[:, 1]).clip(-50, 50))).reshape(cells, cells)


class _Playground:
    """What the widget calls: answers, buttons, and the task that trains while `run` is pressed."""

    def __init__(self, functions, cells, knobs):
        self.functions, self.knobs, self.widget, self.task, self.seed = functions, knobs, None, None, 0
        line = np.linspace(-1.2, 1.2, cells, dtype=np.float32)
        self.grid = np.stack(np.meshgrid(line, -line), axis=-1).reshape(-1, 2)
        self.training = self._fresh(knobs)

    def _fresh(self, knobs):
        return _Training(knobs, self.functions, self.grid, self.seed)

    def step(self):
        self.training.step(RATES[self.knobs["rate"]])

    def train(self, budget=BUDGET):
        """As many steps as the budget of seconds allows, at least one."""
        end = perf_counter() + budget
        self.step()
        while perf_counter() < end:
            self.step()

    def answer(self, knobs):
        """New weights, for these positions of the controls."""
        self.knobs, self.training = dict(knobs), self._fresh(knobs)
        return self.training.picture()

    def ahead(self, bound):
        """What `answer` would give, and nothing is changed."""
        return self._fresh(bound).picture()

    def attach(self, widget):
        self.widget, self.seen, self.last = widget, 0, perf_counter()

    def turned(self, moved):
        self.knobs = dict(self.widget.knobs)
        if self.knobs["run"] and (self.task is None or self.task.done()):
            self.task = asyncio.get_running_loop().create_task(self._keep_training())

    def heard(self, message):
        self.seen, self.last = max(self.seen, message.get("seen", 0)), perf_counter()
        if message.get("do") == "step":
            self.step()
            self.widget.put(*self.training.picture())
        elif message.get("do") == "reset":
            self.seed += 1
            self.widget.put(*self.answer(self.knobs))
            self.widget.forget()

    async def _keep_training(self):
        self.seen, self.last = self.widget.frame, perf_counter()
        while self.knobs["run"] and self.widget.comm is not None:
            due = perf_counter() + PACE
            if self.widget.frame - self.seen < AHEAD:
                self.train()
                self.widget.put(*self.training.picture())
            elif perf_counter() - self.last > PATIENCE:
                self.widget.move(run=0)
            await asyncio.sleep(max(0.001, due - perf_counter()))


class _Net(Network):
    """Affine to WIDTH, then `depth` - 1 blocks bend(bn(h w + b)), with a skip around each if asked for, then affine to 2."""

    def __init__(self, depth, bend, norm, skip, functions, seed):
        sizes, init = [2, *[WIDTH] * depth, 2], he_init if bend == "relu" else xavier_init
        normed = range(1, depth + 1) if norm else ()
        super().__init__(affine_params(sizes, init, np.random.default_rng(seed), normed), functions, np.float32)
        self.weight_names = [f"w{i}" for i in range(1, depth + 2)]
        for i in range(1, depth + 1):
            branch = [self._affine(i), *([self._batchnorm(i)] if norm else []), self._layer(bend)]
            self.layers.append(in_row(branch, skip=skip and i > 1))
        self.layers.append(self._affine(depth + 1))


def _flow(sizes):
    """How the first layer's gradient compares with the last one's."""
    ratio = sizes[0] / max(sizes[-1], 1e-30)
    if ratio < 0.01:
        return f"The first layer gets 1/{1 / max(ratio, 1e-12):.2g} of the last one's gradient."
    return "All layers get gradient."


def _points(name, rng=0):
    """x (N, 2) within the unit square around 0, y (N,) labels 0 and 1."""
    rng = np.random.default_rng(rng)
    if name == "spirals":
        x, y = data.spirals(POINTS, 2, rng, noise=0.12)
    elif name == "moons":
        x, y = data.moons(POINTS, rng)
        x = (x - [0.5, 0.25]) / 1.6
    elif name == "rings":
        y, angle = np.repeat([0, 1], POINTS), rng.uniform(0, 2 * np.pi, 2 * POINTS)
        radius = np.where(y, 0.9, 0.4) + 0.07 * rng.normal(size=2 * POINTS)
        x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    else:
        corners = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]]) * 0.6
        y = np.repeat([0, 0, 1, 1], POINTS // 2)
        x = np.repeat(corners, POINTS // 2, axis=0) + 0.17 * rng.normal(size=(2 * POINTS, 2))
    return x.astype(np.float32), y
