"""The data is what its text says, and comes without a network."""

import string

import numpy as np
import pytest

from backprop import data


def test_digits_are_all_there_in_two_parts():
    x_train, y_train, x_test, y_test = data.digits()
    assert x_train.shape == (1437, 64) and x_test.shape == (360, 64)
    assert y_train.shape == (1437,) and y_test.shape == (360,) and y_test.dtype == np.int64
    x, y = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
    assert x.dtype == np.float64 and x.min() == 0 and x.max() == 1
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert x.sum() * 16 == 561718  # the ink of all pictures


def test_digits_are_seedable():
    first, second, other = data.digits(rng=5), data.digits(np.random.default_rng(5)), data.digits(rng=6)
    np.testing.assert_equal(first, second)
    assert (first[3] != other[3]).any()
    assert len(data.digits(test=0)[0]) == 1797 and len(data.digits(test=1797)[3]) == 1797
    with pytest.raises(ValueError, match="^test is 2000; there are 1797 digits"):
        data.digits(test=2000)


def test_digits_look_like_themselves():
    """A picture is nearest to the mean picture of its own class nine times in ten."""
    x_train, y_train, x_test, y_test = data.digits()
    means = np.stack([x_train[y_train == digit].mean(axis=0) for digit in range(10)])
    nearest = np.square(x_test[:, None] - means).sum(axis=2).argmin(axis=1)
    assert (nearest == y_test).mean() > 0.85


def test_place_names():
    names = data.place_names()
    assert len(names) == 670 and names == sorted(set(names))
    assert {"paris", "buenos aires", "port-au-prince", "cote d'ivoire", "kenya"} <= set(names)
    assert set("".join(names)) <= set(string.ascii_lowercase + " '-")


def test_spirals():
    x, y = data.spirals(50, 3, np.random.default_rng(0))
    assert x.shape == (150, 2) and np.bincount(y).tolist() == [50, 50, 50]
    assert np.linalg.norm(x, axis=1).max() <= 1 + 1e-12
    np.testing.assert_array_equal(x, data.spirals(50, 3, 0)[0])
    clean = [data.spirals(50, 3, 0, noise=0)[0][y == arm] for arm in range(3)]
    angle = 2 * np.pi / 3
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(clean[1], clean[0] @ turn, atol=1e-12)


def test_moons():
    x, y = data.moons(40, np.random.default_rng(0), noise=0)
    assert x.shape == (80, 2) and np.bincount(y).tolist() == [40, 40]
    np.testing.assert_allclose(np.linalg.norm(x[y == 0], axis=1), 1)
    np.testing.assert_allclose(np.linalg.norm(x[y == 1] - [1, 0.5], axis=1), 1)
    assert np.abs(data.moons(40, 0)[0] - x).std() == pytest.approx(0.06, abs=0.02)


def test_ravine():
    f, df = data.ravine(9)
    assert f([2, 1]) == 6.5 and df([2, 1]).tolist() == [2, 9]
    assert f(np.ones((5, 2))).shape == (5,) and df(np.ones((5, 2))).shape == (5, 2)


def test_sources_and_licences_stand_beside_the_files():
    text = (data.FILES / "README.md").read_text()
    assert "10.24432/C50P49" in text and "CC BY 4.0" in text and "public domain" in text
    files = [path for path in data.FILES.iterdir() if path.name != "README.md"]
    assert all(path.name in text for path in files) and sum(path.stat().st_size for path in files) < 1e6
