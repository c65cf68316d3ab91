"""Strangers: layers that nobody has seen, drawn from a seed, with their way back and the mistakes one can make on it.

primitives.py   a table of what a line of a layer can do
layer.py        a layer as a graph of such lines: its code, its forward, its true gradients
formula.py      the same as a formula
recipes.py      how one is drawn, level by level
wrong_turns.py  its wrong ways back
exercise.py     a layer as an exercise
drawn.py        a layer as a learner meets it
practice.py     what a learner calls
"""
