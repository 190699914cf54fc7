import numpy as np
import pytest
from safetensors.numpy import save_file

from bvtk.errors import RunError, UsageError
from bvtk.traversal import CodeStatistics, axis_of, base_code, read_latents

ARRAYS = {"latents": np.array([1, 3]), "mean": np.float32([0.5, -1]), "std": np.float32([2, 0.1])}
SPAN = np.linspace(-3, 3, 11, dtype=np.float32)


class Model:
    latents = 4


class Codebook(Model):
    def traversal_values(self, latent):
        return range(latent + 1)


def test_statistics_survive_as_json():
    for arrays in (ARRAYS, ARRAYS | {"kl": np.float32([0.1, 3])}):
        statistics = CodeStatistics.of(arrays | {"curve.x": np.zeros((2, 5))})
        assert CodeStatistics.of(statistics.as_json()).as_json() == statistics.as_json()
        assert ("kl" in statistics.as_json()) == ("kl" in arrays)


def test_statistics_that_name_no_latents_are_of_all():
    assert CodeStatistics.of({"mean": np.zeros(3), "std": np.ones(3)}).latents == (0, 1, 2)


def test_a_latent_spans_its_prior_its_codes_or_the_values_of_the_model():
    statistics = CodeStatistics.of(ARRAYS)
    prior, codes, model = (
        axis_of(Model(), 3, True, None), axis_of(Model(), 3, False, statistics), axis_of(Codebook(), 3, True, None)
    )  # fmt: skip
    assert (prior.unit, codes.unit, model.unit) == ("prior", "codes", "model")
    np.testing.assert_array_equal(prior.values, SPAN)
    np.testing.assert_allclose(codes.values, -1 + 0.1 * SPAN, rtol=1e-6)
    np.testing.assert_array_equal(codes.marks, SPAN)
    assert model.values.tolist() == model.marks.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("statistics", "said"), [(None, "no statistics of its codes"), (CodeStatistics.of(ARRAYS), "latent 0 is not among")]
)
def test_without_statistics_of_a_latent_its_values_must_be_given(statistics, said):
    with pytest.raises(UsageError, match=said) as caught:
        axis_of(Model(), 0, False, statistics)
    assert "values=[…]" in caught.value.hint


def test_the_code_that_a_traversal_starts_from():
    statistics = CodeStatistics.of(ARRAYS)
    assert base_code(Model(), True, statistics).tolist() == [0, 0, 0, 0]
    assert base_code(Model(), False, statistics).tolist() == [0, 0.5, 0, -1]
    assert base_code(Model(), False, None).tolist() == [0, 0, 0, 0]
    assert base_code(Codebook(), False, statistics).tolist() == [0, 1, 1, 2]


@pytest.mark.parametrize("arrays", [None, {"std": np.zeros(2, np.float32)}, ARRAYS | {"latents": np.zeros((2, 2))}])
def test_damaged_statistics_are_one_clear_error(tmp_path, arrays):
    path = tmp_path / "latents.safetensors"
    if arrays is None:
        path.write_bytes(b"torn")
    else:
        save_file(arrays, path)
    with pytest.raises(RunError, match=r"latents\.safetensors can't be read"):
        read_latents(path)
