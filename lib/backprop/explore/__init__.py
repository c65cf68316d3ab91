"""Explorers: what one drags, steps and watches in a notebook. Each function returns a widget that shows itself.

They need the extra `lab` (anywidget moves them, matplotlib draws their still pictures), and import it when something is
shown. Nothing else in `backprop` imports this package.
"""

from backprop.explore.bends import activation, plane
from backprop.explore.chain import slope
from backprop.explore.deep import batchnorm, depth
from backprop.explore.gradients import mistake
from backprop.explore.graphs import graph, paths
from backprop.explore.surfaces import descent
from backprop.explore.training import playground

__all__ = [
    "activation",
    "batchnorm",
    "depth",
    "descent",
    "graph",
    "mistake",
    "paths",
    "plane",
    "playground",
    "slope",
]
