"""Values: what may cross comes out as it went in; the rest crosses as a name; nothing hostile does harm."""

import collections
import enum
import io
import json
import math
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.lib import format as npy

from autograder.box import values
from autograder.box.values import BadValue, Opaque, pack, unpack

calm = settings(deadline=None)


def crossed(value):
    """The value after both halves, with the JSON between them as on the wire."""
    tree, blobs = pack(value)
    return unpack(json.loads(json.dumps(tree, allow_nan=False)), blobs)


def same(a, b) -> bool:
    """The same types all the way down, the same numbers to the last bit, and nan is nan."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return len(a) == len(b) and all(same(p, q) for p, q in zip(a.items(), b.items()))
    return repr(a) == repr(b)


# ----- what may cross -----

ENDIAN = st.sampled_from("<>=")
dtypes = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes()
    | hnp.unsigned_integer_dtypes()
    | ENDIAN.flatmap(lambda endian: hnp.floating_dtypes(endianness=endian, sizes=(16, 32, 64)))
    | ENDIAN.flatmap(lambda endian: hnp.complex_number_dtypes(endianness=endian, sizes=(64, 128)))
)
shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
layouts = st.sampled_from(
    [np.asarray, np.asfortranarray, np.transpose, lambda a: a[..., ::2] if a.ndim else a, lambda a: a[None, ..., None]]
)
arrays = st.builds(lambda a, layout: layout(a), hnp.arrays(dtypes, shapes), layouts)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(1 - 2**62, 2**62 - 1)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=20)
)
nested = st.recursive(
    scalars | arrays,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(scalars, inner, max_size=4)
    ),
    max_leaves=12,
)


def depth(value) -> int:
    if isinstance(value, dict):
        value = [each for pair in value.items() for each in pair]
    return 1 + max(map(depth, value), default=0) if isinstance(value, (list, tuple)) else 0


@calm
@given(arrays)
def test_an_array_comes_out_as_it_went_in(array):
    assert same(crossed(array), np.array(array))


@calm
@given(scalars)
def test_a_number_a_string_a_bool_and_none_come_out_as_they_went_in(value):
    assert same(crossed(value), value)


@calm
@given(nested.filter(lambda value: depth(value) < values.DEPTH))
def test_what_is_made_of_them_comes_out_as_it_went_in(value):
    assert same(crossed(value), value)


@calm
@given(hnp.arrays(dtypes, shapes.filter(lambda shape: 0 not in shape)))
def test_an_array_that_arrived_is_nobody_elses(array):
    array.setflags(write=False)
    first, second = crossed([array, array])
    kept = second.copy()
    first[...] = np.logical_not(first)
    assert same(second, kept) and first.flags.owndata


@pytest.mark.parametrize("number", [np.float64(2.5), np.float64(np.nan), np.int8(-3), np.uint32(7), np.bool_(True)])
def test_a_number_of_numpys_arrives_as_one_of_pythons(number):
    assert same(crossed(number), number.item())


@pytest.mark.parametrize("number", [np.complex64(1j), np.longdouble(1) / 3])
def test_a_number_that_python_has_not_arrives_as_an_array_without_axes(number):
    assert same(crossed(number), np.array(number))


@pytest.mark.parametrize("number", [np.float32(0.1), np.float16(0.1)])
def test_a_number_with_fewer_digits_is_known_as_such(number):
    assert np.asarray(crossed(number)).dtype == number.dtype
    assert np.asarray(crossed([number, number])).dtype == number.dtype


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308])
def test_no_number_needs_more_than_json(number):
    assert repr(crossed(number)) == repr(number)
    assert repr(crossed({number: [number]})) == repr({number: [number]})


def test_longdoubles_cross():
    array = np.array([1, -2, 1 / 3], np.longdouble)
    assert same(crossed(array), array)


# ----- what crosses as a name -----


class Sub(np.ndarray):
    """An array that lies wherever it can."""

    def _lie(self, *args, **kwargs):
        raise RuntimeError("asked")

    __array__ = __eq__ = __len__ = __iter__ = __getitem__ = __reduce__ = __copy__ = __deepcopy__ = _lie
    __array_ufunc__ = __array_function__ = __repr__ = __str__ = tobytes = copy = astype = _lie
    __array_priority__ = 1e9


def lying(base):
    """A subclass of `base` whose every answer about itself raises."""

    def lie(self, *args, **kwargs):
        raise RuntimeError("asked")

    names = ("__len__", "__iter__", "__str__", "__repr__", "__eq__", "__abs__", "__lt__", "__getitem__", "items")
    return type(f"Lying{base.__name__}", (base,), dict.fromkeys(names, lie) | {"__hash__": base.__hash__})


class Colour(enum.IntEnum):
    RED = 1


Point = collections.namedtuple("Point", "x y")


def cyclic():
    ring = []
    ring.append(ring)
    return ring


def nest(levels, inside=1.0):
    for _ in range(levels):
        inside = [inside]
    return inside


OPAQUE = {
    "an object": (object(), "object"),
    "a function": (nest, "function"),
    "a class": (Sub, "type"),
    "a generator": ((n for n in range(3)), "generator"),
    "a set": ({1}, "set"),
    "bytes": (b"abc", "bytes"),
    "a complex": (1j, "complex"),
    "a fraction": (Fraction(1, 3), "Fraction"),
    "a module": (np, "module"),
    "the dots": (..., "ellipsis"),
    "a whole number with 63 bits": (1 << 62, "int"),
    "a whole number with 63 bits, negative": (-(1 << 62), "int"),
    "a whole number with thousands of digits": (10**10_000, "int"),
    "a long string": ("x" * (values.LONG + 1), "str"),
    "a long list": ([0] * (values.LONG + 1), "list"),
    "a long dict": (dict.fromkeys(range(values.LONG + 1)), "dict"),
    "an array of objects": (np.array([None, 1.0]), "array of objects"),
    "an array of one array of objects": (np.array(object()), "array of objects"),
    "an array of strings": (np.array(["a"]), "array of str32s"),
    "an array of bytes": (np.array([b"a"]), "array of bytes8s"),
    "an array of dates": (np.array(["2020-01-01"], "M8[D]"), "array of datetime64[D]s"),
    "a structured array": (np.zeros(2, [("a", float), ("b", int)]), "array of void128s"),
    "a record": (np.zeros(2, [("a", float)])[0], "void"),
    "a lying string": (lying(str)("abc"), "Lyingstr"),
    "a lying float": (lying(float)(1.0), "Lyingfloat"),
    "a lying int": (lying(int)(1), "Lyingint"),
    "a lying list": (lying(list)([1]), "Lyinglist"),
    "a lying tuple": (lying(tuple)([1]), "Lyingtuple"),
    "a lying dict": (lying(dict)(a=1), "Lyingdict"),
    "a member of an enumeration": (Colour.RED, "Colour"),
    "a named tuple": (Point(1, 2), "Point"),
    "an ordered dict": (collections.OrderedDict(a=1), "OrderedDict"),
    "something of a type with a long name": (type("T" * 1000, (), {})(), "T" * 80),
}


@pytest.mark.parametrize("value, name", OPAQUE.values(), ids=OPAQUE)
def test_anything_else_crosses_as_the_name_of_its_type(value, name):
    assert crossed(value) == Opaque(name)
    assert crossed([1, {"a": value}]) == [1, {"a": Opaque(name)}]


class ClaimsToBeAnArray:
    """`isinstance` believes it; NumPy does not."""

    __class__ = property(lambda self: np.ndarray)

    def __array__(self, *args, **kwargs):
        raise RuntimeError("asked")


def test_an_object_that_claims_to_be_an_array_crosses_as_a_name():
    assert crossed(ClaimsToBeAnArray()) == Opaque("ClaimsToBeAnArray")


def test_a_subclass_of_an_array_crosses_as_its_numbers_and_is_not_asked():
    numbers = np.arange(6.0).reshape(2, 3)
    arrived = crossed(numbers.view(Sub))
    assert type(arrived) is np.ndarray and same(arrived, numbers)


@pytest.mark.parametrize(
    "array, numbers",
    [
        (np.ma.array([1.0, 2.0], mask=[True, False]), np.array([1.0, 2.0])),
        (np.asmatrix([[1.0, 2.0]]), np.array([[1.0, 2.0]])),
    ],
)
def test_masked_arrays_and_matrices_cross_as_arrays(array, numbers):
    assert same(crossed(array), numbers)


def test_a_list_in_itself_ends_at_the_depth_that_may_cross():
    arrived = crossed(cyclic())
    assert depth(arrived) == values.DEPTH
    for _ in range(values.DEPTH):
        (arrived,) = arrived
    assert arrived == Opaque("list")


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: (v,), lambda v: {"k": v}], ids=["list", "tuple", "dict"])
def test_so_deep_and_no_deeper(wrap):
    value = 1.0
    for _ in range(values.DEPTH):
        value = wrap(value)
    assert same(crossed(value), value)
    assert "Opaque" in repr(crossed(wrap(value)))
    assert "Opaque" in repr(crossed(nest(100_000)))


@pytest.mark.parametrize(
    "key",
    [object(), (1, 2), np.complex64(1), frozenset(), lying(str)("b"), 1 << 70],
    ids=lambda key: type(key).__name__,
)
def test_a_key_that_may_not_cross_does_not_cross(key):
    assert "Opaque" in repr(crossed({key: 1, "a": 2}))


@pytest.mark.parametrize("key", [np.int64(3), np.float64(0.5), np.bool_(True), 3.5, None, math.nan])
def test_a_key_may_be_a_number_of_numpys(key):
    assert list(crossed({key: 1}).values()) == [1]


# ----- what a hostile half could send -----


def npy_file(header: str, data: bytes = b"", version=(1, 0)) -> bytes:
    text = header.encode()
    return b"\x93NUMPY" + bytes(version) + len(text).to_bytes(2 if version == (1, 0) else 4, "little") + text + data


def header(descr="'<f8'", shape="(1,)", fortran="False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n"


EIGHT = bytes(8)
HOSTILE = {
    "nothing": b"",
    "text": b"hello",
    "a zip": b"PK\x03\x04" + bytes(100),
    "a pickle": b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
    "magic alone": b"\x93NUMPY",
    "version 2": npy_file(header(), EIGHT, (2, 0)),
    "version 3": npy_file(header(), EIGHT, (3, 0)),
    "version 9": npy_file(header(), EIGHT, (9, 9)),
    "long numbers of Python 2": npy_file(header(shape="(1L,)"), EIGHT),
    "half a header": npy_file(header(), EIGHT)[:30],
    "a header longer than the file": b"\x93NUMPY\x01\x00\xff\xff{}",
    "objects": npy_file(header("'|O'"), EIGHT),
    "objects, without any": npy_file(header("'|O'", "(0,)")),
    "strings": npy_file(header("'<U2'"), EIGHT),
    "strings of no length": npy_file(header("'<U0'")),
    "void": npy_file(header("'|V8'"), EIGHT),
    "void of no length": npy_file(header("'|V0'")),
    "dates": npy_file(header("'<M8[s]'"), EIGHT),
    "fields": npy_file(header("[('a', '<f8')]"), EIGHT),
    "a field of objects": npy_file(header("[('a', '|O')]"), EIGHT),
    "arrays in arrays": npy_file(header("('<f4', (2,))"), EIGHT),
    "no type": npy_file(header("'nonsense'"), EIGHT),
    "a type that is no string": npy_file(header("3"), EIGHT),
    "a huge shape": npy_file(header(shape="(1000000000000,)"), EIGHT),
    "a shape beyond 64 bits": npy_file(header(shape="(2, 9223372036854775808)"), EIGHT),
    "a shape that overflows to 8 bytes": npy_file(header(shape="(1, 1, 2305843009213693953)"), EIGHT),
    "no entries, beyond 64 bits": npy_file(header(shape="(0, 9223372036854775808)")),
    "a negative shape": npy_file(header(shape="(-1,)"), EIGHT),
    "negative twice": npy_file(header(shape="(-1, -1)"), EIGHT),
    "too many axes": npy_file(header(shape="(" + "1," * 65 + ")"), EIGHT),
    "axes that are no whole numbers": npy_file(header(shape="(1.0,)"), EIGHT),
    "a shape that is no tuple": npy_file(header(shape="1"), EIGHT),
    "a shape of text": npy_file(header(shape="('1',)"), EIGHT),
    "too little data": npy_file(header(), bytes(7)),
    "too much data": npy_file(header(), bytes(9)),
    "no data": npy_file(header()),
    "data where there are no entries": npy_file(header(shape="(0,)"), EIGHT),
    "an order that is neither": npy_file(header(fortran="2"), EIGHT),
    "a key too many": npy_file("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}", EIGHT),
    "a key too few": npy_file("{'descr': '<f8', 'shape': (1,)}", EIGHT),
    "no dict": npy_file("[1]", EIGHT),
    "code": npy_file("__import__('os').abort()", EIGHT),
    "code in the shape": npy_file(header(shape="(__import__('os').abort(),)"), EIGHT),
    "brackets in brackets": npy_file(header(shape="(" * 4000 + ")" * 4000), EIGHT),
    "a long header": npy_file(header() + " " * 60_000, EIGHT),
    "a number too long": npy_file(header(shape="(" + "9" * 5000 + ",)"), EIGHT),
    "the old notation": npy_file(header(shape="(1L,)"), EIGHT),
    "bytes that are no text": b"\x93NUMPY\x01\x00\x04\x00\xff\xfe\xfd\xfc",
}


def test_the_forger_of_these_tests_can_also_forge_what_is_right():
    assert same(unpack({"array": 0}, [npy_file(header(), np.array([0.5]).tobytes())]), np.array([0.5]))


@pytest.mark.parametrize("blob", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_array_is_a_bad_value(blob):
    with pytest.raises(BadValue):
        unpack({"array": 0}, [blob])


@pytest.mark.parametrize("shape", ["(0, 100000000000)", "(100000000000, 0)", "(0, 5000000000000000)"])
def test_an_array_that_is_huge_and_empty_stays_empty(shape):
    try:
        arrived = unpack({"array": 0}, [npy_file(header(shape=shape))])
    except BadValue:
        return
    assert arrived.nbytes == 0


DEEP = json.loads('{"list": [' * 100 + "1" + "]}" * 100)
TREES = {
    "a bare list": [],
    "no tag": {},
    "two tags": {"array": 0, "list": []},
    "an unknown tag": {"pickle": "gASVAA=="},
    "an array that is not there": {"array": 1},
    "an array far away": {"array": 10**30},
    "an array by name": {"array": "0"},
    "an array by a fraction": {"array": 0.0},
    "an array by null": {"array": None},
    "an array by a list": {"array": [0]},
    "a list of nothing": {"list": None},
    "a list of a number": {"list": 3},
    "a list of bare lists": {"list": [[1]]},
    "a tuple of a bad one": {"tuple": [{"tuple": [{}]}]},
    "a dict of no pairs": {"dict": [[1]]},
    "a dict of triples": {"dict": [[1, 2, 3]]},
    "a dict with a list as key": {"dict": [[{"list": []}, 1]]},
    "a dict with a dict as key": {"dict": [[{"dict": []}, 1]]},
    "a dict with an array as key": {"dict": [[{"array": 0}, 1]]},
    "a dict of null": {"dict": None},
    "a number that is none": {"number": "one"},
    "a number of null": {"number": None},
    "a number of a list": {"number": []},
    "a number beyond all floats": {"number": 10**400},
    "too deep": DEEP,
    "deep in a name": {"opaque": None, "list": DEEP},
}


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_a_hostile_tree_is_a_bad_value(tree):
    with pytest.raises(BadValue):
        unpack(tree, pack(np.ones(2))[1])


FORGED = {
    "an array counted from the end": {"array": -1},
    "a string for a list": {"list": "abc"},
    "an object for a list": {"list": {"a": 1}},
    "strings for pairs": {"dict": ["ab"]},
    "a bool for a number": {"number": True},
    "a list for a name": {"opaque": [1]},
}


@pytest.mark.parametrize("tree", FORGED.values(), ids=FORGED)
def test_a_tree_that_pack_could_not_have_made_is_a_bad_value(tree):
    with pytest.raises(BadValue):
        unpack(tree, pack(np.ones(2))[1])


def test_a_blob_that_is_named_again_and_again_is_a_bad_value():
    with pytest.raises(BadValue):
        unpack({"list": [{"array": 0}] * 100}, pack(np.ones(1000))[1])


def test_a_name_is_cut_and_is_text():
    assert unpack({"opaque": "x" * 1000}, []) == Opaque("x" * 80)


json_trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["array", "list", "tuple", "dict", "number", "opaque", "other"]), inner, max_size=2
        )
    ),
    max_leaves=20,
)
BLOBS = [pack(np.ones((2, 3)))[1][0], b"no array"]


def outcome(tree, blobs):
    """The value, or None where there is a BadValue; anything else is raised."""
    try:
        return unpack(tree, blobs)
    except BadValue:
        return None


def may_cross(value) -> bool:
    if isinstance(value, dict):
        return type(value) is dict and all(may_cross(each) for pair in value.items() for each in pair)
    if isinstance(value, (list, tuple)):
        return type(value) in (list, tuple) and all(map(may_cross, value))
    return value is None or type(value) in (bool, int, float, str, Opaque, np.ndarray)


@calm
@given(json_trees)
def test_any_tree_is_a_value_or_a_bad_one(tree):
    assert may_cross(outcome(tree, BLOBS))


@calm
@given(hnp.arrays(dtypes, shapes), st.data())
def test_an_array_with_wrong_bytes_is_an_array_or_a_bad_value(array, data):
    blob = bytearray(pack(array)[1][0])
    for place in data.draw(st.lists(st.integers(0, len(blob) - 1), max_size=4)):
        blob[place] = data.draw(st.integers(0, 255))
    blob = bytes(blob[: data.draw(st.integers(0, len(blob)))])
    value = outcome({"array": 0}, [blob])
    assert value is None or (value.dtype.kind in values.KINDS and value.nbytes <= len(blob))


def test_nothing_is_unpickled():
    """An array of objects is a pickle inside an npy file; reading one must not even import pickle's classes."""
    file = io.BytesIO()
    npy.write_array(file, np.array([Fraction(1, 2)], object), allow_pickle=True)
    with pytest.raises(BadValue):
        unpack({"array": 0}, [file.getvalue()])


def test_the_recursion_limit_is_never_reached():
    tree = 1.0
    for _ in range(sys.getrecursionlimit() * 2):
        tree = {"list": [tree]}
    with pytest.raises(BadValue, match="too deep"):
        unpack(tree, [])
