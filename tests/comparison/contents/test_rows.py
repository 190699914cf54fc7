import pytest

from bvtk.comparison.contents.keys import Measured
from bvtk.comparison.contents.rows import rows_of, shortened


def run(**recipe):
    return Measured("run", {"name": "toy", "seed": 0, **recipe}, {"mig": {"score": 0.1}})


def labels(*runs, by=()):
    return [row.label for row in rows_of(runs, by)]


def test_seeds_make_one_row():
    (row,) = rows_of([run(seed=0), run(seed=1), run(seed=2)])
    assert (row.label, len(row.runs)) == ("toy", 3)


def test_numbers_are_sorted_by_size_and_equal_ones_are_one():
    runs = [run(objective={"beta": beta}) for beta in (10, 2.0, 2, 0.5)]
    assert labels(*runs) == ["toy (beta=0.5)", "toy (beta=2)", "toy (beta=10)"]


def test_a_constant_schedule_is_its_number():
    one, other = ({"type": "constant", "value": beta} for beta in (1.0, 4.0))
    (first, _) = rows_of([run(objective={"beta": one}), run(objective={"beta": other})])
    assert first.settings == {"objective.beta": 1.0}


def test_another_type_goes_by_the_components_name():
    mlp, conv = {"type": "mlp", "hidden": [8]}, {"type": "conv", "kernel": 4}
    assert labels(run(model={"encoder": mlp}), run(model={"encoder": conv})) == [
        "toy (encoder=mlp)",
        "toy (encoder=conv)",
    ]


def test_only_what_differs_within_a_name_is_said():
    runs = [run(model={"latents": 2}), run(model={"latents": 4}), run(name="pca", model={"type": "pca"})]
    assert labels(*runs) == ["toy (latents=2)", "toy (latents=4)", "pca"]


def test_the_shortest_end_that_is_unambiguous():
    paths = [("model", "encoder", "width"), ("model", "decoder", "width"), ("objective", "beta"), ("model", "type")]
    assert list(shortened(paths).values()) == ["encoder.width", "decoder.width", "beta", "model"]


def test_grouping_by_keys():
    runs = [run(seed=s, name=n, objective={"beta": b}) for s in (0, 1) for n in ("a", "b") for b in (4, 1)]
    assert labels(*runs, by=["name"]) == ["a", "b"]
    assert labels(*runs, by=["beta"]) == ["beta=1", "beta=4"]
    assert labels(*runs, by=["name", "objective.beta"]) == ["a (beta=1)", "a (beta=4)", "b (beta=1)", "b (beta=4)"]


@pytest.mark.parametrize("missing", [None, "absent"])
def test_a_row_without_the_key_comes_last(missing):
    without = run(objective={"beta": None} if missing is None else {})
    assert labels(without, run(objective={"beta": 4}), by=["beta"]) == ["beta=4", "beta=–"]
