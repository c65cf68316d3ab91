"""Five networks, five illnesses.

Look at the pictures above. For each network give the letter of its illness, and that of the cure you would choose. An
illness may occur more than once or never, and so may a cure. All but one are ill *before* a single step is taken.

What it suffers from:

- **a** its weights are too small: values and gradients shrink together
- **b** its weights are too large: gradients grow on their way back
- **c** its bend is too flat: gradients shrink, while the values keep their size
- **d** its examples have become one: nothing shrinks, but nothing tells two pictures apart
- **e** nothing at the start; later some steps are far too long

What you would do, changing nothing else:

- **f** draw all weights anew, with variance 2/fan_in
- **g** put a tanh in place of its bend
- **h** clip its gradient to the norm 1
- **i** keep five layers only
- **j** raise its learning rate ten times
"""

from types import SimpleNamespace

from autograder.exercise import Exercise

ORDER = ("first", "second", "third", "fourth", "fifth")


def name_the_illness():
    """A letter from a to e for each network, and from f to j for its cure.

    ->  a dictionary with first, first_cure, …, fifth, fifth_cure.
    """
    # first   rms and gradient stay where they are; the cosine climbs to 1: fewer layers
    # second  rms and gradient fall by the same factor at every layer: weights anew
    # third   three healthy instruments, and a loss that leaps: clip
    # fourth  the rms stays near 1/2 and the gradient falls: a bend that is steeper
    # fifth   the gradient grows toward the input, while a tanh holds the values at 1: weights anew
    return {
        "first": "d", "first_cure": "i", "second": "a", "second_cure": "f", "third": "e", "third_cure": "h",
        "fourth": "c", "fourth_cure": "g", "fifth": "b", "fifth_cure": "f",
    }  # fmt: skip


exercise = Exercise(
    writes=["name_the_illness"],
    reference=SimpleNamespace(name_the_illness=name_the_illness),
    points={name: 1 for each in ORDER for name in (each, f"{each}_cure")},
    minutes=12,
    kind="choice",
    help=[
        "Read the gradient from right to left, the way it travels. Does it shrink, grow, or arrive as it left?",
        "Then look at the values above it. If they shrink like the gradient, one cause explains both. If they do "
        "not, what stands "
        "between two matrices?",
        "Where gradient and values both arrive, the cosine is left, and after that the loss.",
        'You can try a cure: `clinic.visit("first", "tanh")["accuracy"]`. The others are called "He", '
        '"clip", "five" and "rate".',
    ],
)


@exercise.case
def as_given(rng):
    return {}


CURE = dict.fromkeys("fghij", "That is a cure. Here the illness is asked: a letter from a to e.")
ILLNESS = dict.fromkeys("abcde", "That is an illness. Here the cure is asked: a letter from f to j.")
FASTER = "Tried: it reads no more digits than before. {}"
SHRUNK = "A gradient of a millionth, times ten, is a hundred-thousandth; and the last layers, whose gradients are of ordinary size, then take steps ten times as long."

exercise.wrong_letters(
    first=CURE | dict(
        a="Then the values would shrink from layer to layer. Theirs stay within a factor of a few, through fifty layers.",
        b="Then the gradient would grow toward the input. It arrives about as it left.",
        c="Then the gradient would shrink toward the input. It arrives about as it left. What is left to look at?",
        e="Its loss does not leap, and one instrument is far from well before any step: look at the third row.",
    ),
    first_cure=ILLNESS | dict(
        f="That is what it was born with: neither its values nor its gradients shrink. He's weights keep sizes, and it is not size that is lost here.",
        g="Tried: about one digit in six. A tanh with these weights does the contrary, it tells examples apart that are alike; through fifty layers that is no help either.",
        h="Tried: about half the digits are read. It helps a little, since steps through fifty layers are rough, but the pictures still arrive as one.",
        j=FASTER.format("It cannot step in a direction that depends on the picture, if it does not see which picture it is."),
    ),
    second=CURE | dict(
        b="Then values and gradients would grow. Read the gradient from right to left: it gets smaller.",
        c="Then the values would keep their size, as those of a sigmoid do. Here they fall with the gradient, by the same factor at every layer.",
        d="The cosine climbs as it does in every ReLU network of this depth, and stays below 0.95. But look at the first two rows: from top to bottom there are several powers of ten.",
        e="Its loss does not leap; it does not move at all. And before any step two instruments are far from well.",
    ),
    second_cure=ILLNESS | dict(
        g="Tried: it reads no more than before. Near zero a tanh is a straight line, and what is too small stays too small.",
        h="Tried: it changes nothing. Its gradients are too short, and clipping shortens.",
        i="Tried: with five layers it still reads one digit in ten. At 0.28 for each layer, five layers leave about two thousandths.",
        j=FASTER.format(SHRUNK),
    ),
    third=CURE | dict(
        a="Then the values would shrink from layer to layer. Both of its first two rows are level.",
        b="Then the gradient would grow toward the input before any step. It is level; what blows up, blows up during training.",
        c="Then the gradient would shrink toward the input. It is level.",
        d="Its cosine ends below 0.95: the pictures can still be told apart, and with gentle steps this network reads nineteen in twenty. Look at the loss.",
    ),
    third_cure=ILLNESS | dict(
        f="That is what it was born with, and at the start it is well. The trouble comes later.",
        g="Tried: between a fifth and a half of the digits, from start to start. A tanh bounds the values, but the steps stay as long as they were.",
        i="Tried: it loses its way with five layers as well. It is the length of a few steps that kills it.",
        j="Tried: it gets worse. Its steps are too long already.",
    ),
    fourth=CURE | dict(
        a="Then the values would shrink like the gradient. They stay near 1/2 at every layer: something else takes the gradient away.",
        b="Then the gradient would grow on its way back, from right to left. It falls.",
        d="Its cosine is 1, true: every sigmoid hands on nearly 1/2, whatever comes in. But the second row says that no gradient reaches the first layers, so they could not mend it.",
        e="Its loss does not leap; it does not move at all. And before any step the gradient is gone.",
    ),
    fourth_cure=ILLNESS | dict(
        f="Tried: it reads no more than before. Weights larger by √2 make up for a small part of what ten flat bends take.",
        h="Tried: it changes nothing. Its gradients are too short, and clipping shortens.",
        i="Tried: with five layers it still reads one digit in ten. At about a quarter for each layer, five layers leave less than a thousandth.",
        j=FASTER.format(SHRUNK),
    ),
    fifth=CURE | dict(
        a="Then its gradient would shrink on the way back, from right to left. It grows.",
        c="Its bends are flat nearly everywhere, true, for they are given large numbers. But the gradient *grows* toward the input: something outweighs their slopes.",
        d="Its cosine is near 0: no network keeps its examples farther apart.",
        e="Its steps are too long, true, but because of what stands in the second row before any step: the gradient is a thousand times as large at the input as at the output.",
    ),
    fifth_cure=ILLNESS | dict(
        g="It has one. That is why its values stay at 1 although its weights are so large.",
        h="Tried: it learns nothing. A short step in the direction of such a gradient is a step for the first layer's steepest weights; a nudge later it points somewhere else.",
        i="Tried: fewer than half of the digits. The gradient still grows with every layer, only fewer times.",
        j="Tried: it gets no better. Its gradients are too large already.",
    ),
)  # fmt: skip
