"""The library beside PyTorch eager, HIPS autograd and a closure-and-set engine: one table.

python -m benchmarks.library [--json FILE] [--only WORDS] [--rounds N]
"""

import argparse
import gc
import json
import subprocess
import sys
from importlib.util import find_spec

import benchmarks.steps as steps
from backprop import fast, numeric
from backprop.network import DeepMLP, clear
from benchmarks.timing import Row, interleaved, machine, row, show

import numpy as np  # isort: skip  (after benchmarks, which sets the number of threads)

DTYPES = {"f32": np.float32, "f64": np.float64}

# fmt: off
CASES = {  # name: the network, bars for f32 and f64 over the best of PyTorch eager
    "mlp 64-100-100-10":  (steps.mlp([64, 100, 100, 10], 64),   0.60, 0.70),
    "mlp 784-256-128-10": (steps.mlp([784, 256, 128, 10], 128), 0.85, 0.95),
    "bn 10x128":          (steps.deep(128, 10, 128, batch_norm=True), 0.80, 0.85),
    "residual 50x64":     (steps.deep(64, 50, 64, batch_norm=True, residual=True), 0.60, 0.65),
    "conv 8x8":           (steps.conv(8, 64),  0.80, 0.80),
    "conv 28x28":         (steps.conv(28, 64), 1.05, 1.00),
}
# fmt: on
AUTOGRAD = {"f32": 0.45, "f64": 0.75}
TENSOR = {"f32": 1.0, "f64": 1.3}


def step_rows(network, rounds):
    """One network in both types: fast, clear and, for MLPs, the tensor engine, beside every peer that is installed."""
    case, *bars = CASES[network]
    for (dtype, kind), bar in zip(DTYPES.items(), bars):
        x, y = case.batch(kind)
        ours = {
            name: steps.our_step(case.make(functions=functions, dtype=kind), x, y)
            for name, functions in (("fast", fast), ("clear", clear))
        }
        torch = steps.torch_steps(case, kind) if find_spec("torch") else {}
        other = {}
        if network.startswith("mlp"):
            other["tensor"] = steps.tensor_step(case.make(dtype=kind), x, y)
        if find_spec("autograd") and not network.startswith("conv"):
            other["autograd"] = steps.autograd_step(case.make(dtype=kind), x, y, skip="residual" in network)
        steps.same_losses(ours | torch | other)
        found = interleaved(ours | torch | other, rounds)
        if torch:
            yield row(found, "fast", torch, network, dtype, bar)
            yield row(found, "clear", torch, f"clear: {network}", dtype)
        if "autograd" in other:
            yield row(found, "fast", ["autograd"], f"autograd: {network}", dtype, AUTOGRAD[dtype])
        if "tensor" in other and torch:
            yield row(found, "tensor", ["default"], f"tensor: {network}", dtype, TENSOR[dtype])


def scalar_rows():
    """`Value`, in a process that has imported nothing else: the garbage collector looks at all there is."""
    run = subprocess.run([sys.executable, "-m", "benchmarks.scalars"], capture_output=True, text=True, check=True)
    yield from (Row(**fields) for fields in json.loads(run.stdout))


def check_rows(rounds):
    """A directional check over full central differences, both of all parameters of a network with batch norm."""
    net = DeepMLP((30, 30, 10), 2, batch_norm=True)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(32, 30)), rng.integers(10, size=32)
    start = net.weights.copy()
    net.loss(x, y)
    gradient = net.gradient.copy()

    def loss_at(weights):
        net.weights[...] = weights
        return net.loss(x, y)[0]

    both = {
        "ours": lambda: numeric.directional_error(loss_at, start, gradient, rng),
        "peer": lambda: numeric.gradient(loss_at, start),
    }
    found = interleaved(both, rounds=min(rounds, 3))
    yield row(found, "ours", ["peer"], f"gradient check, {start.size:,} entries", "f64", 0.01)


def curve_rows(rounds):
    """What a step costs as the batch and the depth grow, in units of the first of the curve: 1 is linear."""
    rng = np.random.default_rng(0)
    for what, sizes in {"batch": (32, 128, 512, 2048), "depth": (5, 20, 80, 320)}.items():
        functions = {}
        for size in sizes:
            n, depth = (size, 3) if what == "batch" else (64, size)
            x, y = rng.normal(size=(n, 64)), rng.integers(10, size=n)
            net = DeepMLP((64, 64, 10), depth, residual=True, scaled=True, functions=fast)
            functions[size] = steps.our_step(net, x, y, rate=1e-6)
        found = interleaved(functions, rounds)
        first = sizes[0]
        for size in sizes:
            linear = row(found, size, [first], "", "")
            times = size / first
            yield Row(f"cost against {what}: {size}", "f64", linear.ours, linear.peer * times, linear.ratio / times)


def rows(only, rounds):
    """All rows whose group has one of the words `only` in its name, as they are measured."""
    groups = {name: lambda name=name: step_rows(name, rounds) for name in CASES}
    groups |= {"check": lambda: check_rows(rounds), "curves": lambda: curve_rows(rounds), "Value": scalar_rows}
    for name, group in groups.items():
        if not only or any(word in name for word in only):
            yield from group()


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.library", description=__doc__.splitlines()[0])
    parser.add_argument("--json", metavar="FILE", help="write the rows there too, as a list of objects")
    parser.add_argument(
        "--only", nargs="*", default=[], metavar="WORD", help="conv, mlp, bn, residual, check, curves, Value"
    )
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args(arguments)
    gc.disable()
    print(machine(["numpy", "torch", "autograd"]), flush=True)
    found = []
    for one in rows(options.only, options.rounds):
        found.append(one)
        print(".", end="", flush=True)
    print("\n" + show(found))
    missed = [one for one in found if one.met() is False]
    print(f"\n{sum(one.met() is True for one in found)} of {sum(one.bar is not None for one in found)} bars are met.")
    for one in missed:
        print(f"Not met: {one.name} {one.dtype}, {one.ratio or one.ours:.3g} for {one.bar:.3g}.")
    if options.json:
        with open(options.json, "w") as file:
            json.dump([one._asdict() for one in found], file, indent=1)


if __name__ == "__main__":
    main()
