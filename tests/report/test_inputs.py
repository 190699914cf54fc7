import numpy as np
import pytest

from tests.report.examples import made_up


def test_order_is_by_kl():
    assert made_up(kl_per_latent=np.array([0.1, 2.0, 0.1, 3.0])).order == [3, 1, 0, 2]


def test_without_a_posterior_order_is_by_variance():
    assert made_up(kl_per_latent=None, spread=np.array([0.1, 2.0, 0.1, 3.0])).order == [3, 1, 0, 2]


def test_without_a_prior_activations_are_in_the_latents_own_deviations():
    usual = {"mean": np.array([1.0, 0, 0, 5]), "spread": np.array([2.0, 1, 1, 0])}
    means = np.array([[1.0, 3], [0, 1], [0, 0], [5, 5]])
    assert made_up(kl_per_latent=None, **usual).in_own_units(means).tolist() == [[0, 1], [0, 1], [0, 0], [0, 0]]
    assert made_up(**usual).in_own_units(means) is means


def test_dependence_is_the_share_of_variance_that_a_factor_explains():
    # The ramps have variance 1 (a uniform spread over ±√3) but for their finite steps.
    inputs = made_up(spread=np.array([1.0, 2.0, 1.0, 1.0]))
    shares = inputs.dependence
    assert shares["x"] == pytest.approx([1, 0, 0, 0], abs=0.01)
    assert shares["y"] == pytest.approx([0, 0, 0, 0], abs=1e-9)
    assert shares["scale"] == pytest.approx([0, 0.25, 0, 0], abs=0.01)
    assert shares["shape"] == pytest.approx([0, 0, 0, 0])


def test_dependence_passes_over_values_without_images():
    positions = made_up().positions.copy()
    positions[:, :, 1] = np.nan
    curves = {"scale": np.full((4, 2, 5), np.nan)}
    shares = made_up(positions=positions, curves=curves).dependence
    assert shares["x"][0] == pytest.approx(1, abs=0.01)
    assert shares["scale"] == pytest.approx([0, 0, 0, 0])


def test_no_factors_no_dependence():
    assert made_up(factors=False).dependence == {}


@pytest.mark.parametrize(
    ("span", "marks"),
    [
        ([-1.0, 0.0, 1.0], ["−1", "0", "+1"]),
        ([0.0, 0.5, 1.0, 1.5], ["0", "+1.5"]),
        ([-2.0, -0.25, 4.0], ["−2", "−0.25", "+4"]),
        ([0.5], ["+0.5"]),
        ([-0.656431, 0.123456, 1.10174], ["−0.656", "0.123", "+1.1"]),
    ],
)
def test_the_axis_of_a_traversal_names_values_that_it_shows(span, marks):
    assert made_up(count=1, spans=[span], own_values=True).marks(0) == marks
