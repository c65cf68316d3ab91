"""The kinds of exercise, as a table: what crosses, who decides, what a mistake is.

A kind says which probe is sent, in which *ways* an answer may be tried (the best one counts),
what is drawn and expected, how to read what came back, and which rules decide.
"""

from __future__ import annotations

from autograder import probes, rules
from autograder.kinds import chance, derivations, functions, graphs, loops, pairs, puzzles
from autograder.kinds.kind import Kind, Venue, Way
from autograder.kinds.pairs import PAIRS, pair_names

__all__ = ["KINDS", "PAIRS", "Kind", "Venue", "Way", "pair_names"]

_COMPUTED = [rules.runs, rules.returns, rules.numbers, rules.shapes, rules.outputs, rules.gradients, rules.keeps]
_RATES = [rules.runs, rules.returns, rules.numbers, rules.shapes, rules.values, rules.rates]

# fmt: off
KINDS = {
    #                        what runs inside         what is drawn                    how it is tried                      how it is read           who decides, in order
    "pair":             Kind(probes.pair,             pairs.draw_pair,                 pairs.ways_of_pair,                  pairs.read_pair,         _COMPUTED),
    "stranger":         Kind(probes.pair,             pairs.draw_stranger,             pairs.ways_of_stranger,              pairs.read_pair,         _COMPUTED, reusable=False),
    "function":         Kind(probes.function,         functions.draw_function,         functions.ways_of_function,          functions.read_function, _COMPUTED),
    "takes a function": Kind(probes.takes_a_function, functions.draw_takes_a_function, functions.ways_of_taking_a_function, functions.read_function, _COMPUTED),
    "optimiser":        Kind(probes.optimiser,        loops.draw_optimiser,            functions.ways_of_taking_a_function, loops.read_optimiser,    _COMPUTED),
    "training":         Kind(probes.training,         loops.draw_training,             functions.ways_of_taking_a_function, loops.read_training,     _RATES),
    "batches":          Kind(probes.batches,          loops.draw_batches,              functions.ways_of_taking_a_function, loops.read_batches,      [rules.runs, rules.returns, rules.keeps]),
    "stages":           Kind(probes.function,         functions.draw_stages,           functions.ways_of_function,          functions.read_stages,   _COMPUTED),
    "derivation":       Kind(probes.function,         derivations.draw_derivation,     functions.ways_of_function,          derivations.read_derivation, [rules.runs, rules.reads, rules.holds], reusable=False),
    "hunt":             Kind(probes.function,         puzzles.draw_marks,              functions.ways_of_function,          puzzles.read_hunt,       [rules.runs, rules.returns, rules.exposes], reusable=False),
    "engine":           Kind(probes.engine,           graphs.draw_engine,              graphs.ways_of_engine,               graphs.read_engine,      _RATES),
    "sweep":            Kind(probes.sweep,            graphs.draw_sweep,               graphs.ways_of_sweep,                graphs.read_sweep,       _RATES),
    "table":            Kind(probes.table,            graphs.draw_table,               functions.ways_of_function,          graphs.read_table,       _RATES),
    "order":            Kind(probes.function,         graphs.draw_order,               functions.ways_of_function,          graphs.read_order,       [rules.runs, rules.returns]),
    "statistics":       Kind(probes.chance,           chance.draw_statistics,          chance.ways_of_statistics,           chance.read_statistics,  [rules.runs, rules.returns, rules.numbers, rules.shapes, rules.centred, rules.spread], same=chance.alike),
    "choice":           Kind(probes.function,         puzzles.draw_choice,             functions.ways_of_function,          puzzles.read_choice,     [rules.runs, rules.returns, rules.chosen], reusable=False),
}
# fmt: on
