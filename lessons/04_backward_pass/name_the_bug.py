"""Name the mistake from its numbers.

Return a dictionary that gives each learner a letter. All three used the `rows` and `dout` of the
section *Many rows, one bias*.

- **a** divided by the number of rows
- **b** kept the last row only, with `=` where `+=` should be
- **c** left out what arrives from above
- **d** turned the sign
- **e** returned it transposed
"""

from types import SimpleNamespace

from autograder.exercise import Exercise


def name_the_bug():
    """A letter from a to e for each learner.

    ->  a dictionary with first, second and third.
    """
    # first   every entry is the true one over 3, and there are three rows
    # second  the true sums, of which only the term of the last row is left: 5 and 6 times 0 and 3
    # third   every column is the sum of the column of x: 1 + 3 + 5 and 2 + 4 + 6
    return {"first": "a", "second": "b", "third": "c"}


exercise = Exercise(
    writes=["name_the_bug"],
    reference=SimpleNamespace(name_the_bug=name_the_bug),
    points=dict(first=1, second=1, third=1),
    minutes=5,
    tier="more",
    kind="choice",
    help=[
        "Divide the true numbers by the learner's, entry by entry. Is it always the same number?",
        "Write one entry of the true `dw` as a sum over the three rows. Which part of it does the learner have?",
    ],
)


@exercise.case
def as_given(rng):
    return {}


exercise.wrong_letters(
    first=dict(
        b="With the last row alone, the first column would be 0, since `dout[2, 0]` is 0. Take ratios instead.",
        c="Then the two columns would be equal: without `dout` nothing tells them apart.",
        d="Then the ratio of each entry to the true one would be -1. What is it?",
        e="Then the true numbers would all be there, in other places.",
    ),
    second=dict(
        a="Then all entries would have the same ratio to the true ones. Two of them are 0 here.",
        c="Then the two columns would be equal. One of them is 0: where is `dout` 0?",
        d="Then every entry would be the true one with its sign turned; two of them are 0 here.",
        e="Then the true numbers would all be there, in other places.",
    ),
    third=dict(
        a="Then all entries would have the same ratio to the true ones. Compare the two columns with each other.",
        b="With the last row alone, the first column would be 0, since `dout[2, 0]` is 0.",
        d="Then every entry would be the true one with its sign turned.",
        e="Then the true numbers would all be there, in other places. Compare the two columns with each other.",
    ),
)
