from __future__ import annotations

import numpy as np
import pytest

from tests.conftest import Cli, squares
from tests.metrics.reference import case


@pytest.fixture
def arrays(cli: Cli) -> Cli:
    _, factors = squares()
    codes = factors + np.random.default_rng(0).normal(0, 0.05, factors.shape)
    np.savez(cli.folder / "codes.npz", codes=codes, factors=factors)
    return cli


def test_scores_are_printed_with_their_parts(arrays: Cli) -> None:
    done = arrays("score", "codes.npz", "--metric", "mig")
    assert done.stdout.splitlines()[1].startswith("mig")


def test_a_metric_twice_with_other_settings_has_two_keys(arrays: Cli) -> None:
    names = ("--metric", "mig", "--metric", "mig:bins=10,points=50")
    found = arrays.json("score", "codes.npz", *names)
    assert set(found) == {"mig", "mig:bins=10,points=50"}
    assert found == arrays.json("score", "codes.npz", *names)


def test_a_list_is_given_in_brackets(arrays: Cli) -> None:
    found = arrays.json("score", "codes.npz", "--metric", "downstream:labels=[10, 20],rounds=2,test_points=20")
    assert found["downstream"]["labels"] == 20
    assert set(found["downstream"]["boosted_trees"]) == {"10", "20"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("codes.npz",), "expected at least one metric, found none"),
        (("codes.npz", "--metric", "mgi"), "did you mean 'mig'?"),
        (("codes.npz", "--metric", "mig:binz=3"), "mig.binz: unknown key, did you mean 'bins'?"),
        (("codes.npz", "--metric", "downstream:labels=[10,100"), "labels: a '{' or '[' is not closed"),
        (("codes.npz", "--metric", "mig:bins"), "expected field=value, found 'bins'"),
        (("codes.npz", "--metric", "mig:bins=3,bins=4"), "'bins' is given twice"),
        (("codes.npz", "--metric", "mig:type=sap"), "expected field=value, found 'type'"),
        (("codes.npz", "--metric", "mig:bins=1000000000"), "mig.bins: must be at most 10000, found 1000000000"),
        (("codes.npz", "--metric", "mig:bins=many"), "mig.bins: expected an integer, found 'many'"),
        (("none.npz", "--metric", "mig"), "none.npz: no such file"),
        (("data.npz", "--metric", "mig"), "expected 'codes'"),
        (("tiny.yaml", "--metric", "mig"), "not a .npz file"),
    ],
)
def test_wrong_arguments(arrays: Cli, arguments: tuple[str, ...], said: str) -> None:
    done = arrays("score", *arguments, code=2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_agrees_with_the_reference(cli: Cli) -> None:
    """Compares with the scores of disentanglement_lib, for a file with a test set."""
    found = case("mixed_dsprites")
    names = ("codes", "factors", "codes_test", "factors_test")
    keys = ("codes_train", "factors_train", "codes_test", "factors_test")
    np.savez(cli.folder / "mixed.npz", **{name: found.arrays[key] for name, key in zip(names, keys, strict=True)})
    wanted = ("mig", "sap", "irs", "modularity_explicitness", "unsupervised")
    scores = cli.json("score", "mixed.npz", *(part for name in wanted for part in ("--metric", name)))
    expected = found.expected
    assert scores["mig"]["score"] == pytest.approx(expected["mig"], abs=1e-6)
    assert scores["sap"]["score"] == pytest.approx(expected["sap"], abs=0.01)
    assert scores["irs"]["score"] == pytest.approx(expected["irs"], abs=1e-6)
    assert scores["modularity_explicitness"]["modularity"] == pytest.approx(expected["modularity"], abs=1e-6)
    assert scores["modularity_explicitness"]["explicitness"] == pytest.approx(expected["explicitness"], abs=0.002)
    for name in ("gaussian_total_correlation", "gaussian_wasserstein_correlation"):
        assert scores["unsupervised"][name] == pytest.approx(expected[name], abs=1e-6)
