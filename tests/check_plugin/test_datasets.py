from __future__ import annotations

import pytest

from bvtk.check_plugin import check_component
from bvtk.component import samplers
from bvtk.plugins import discover

from .authors import findings, problems


def dataset(**changes: str) -> str:
    members = {
        "base": "bvtk.Dataset",
        "more": "",
        "peak": "1",
        "provenance": "{'source': 'drawn', 'sha256': ''}",
        "images": "(np.asarray(index)[:, None, None, None] % np.ones((1, 4, 4)) > 0).astype(np.uint8)",
        "factors": "np.stack([np.asarray(index) // 5, np.asarray(index) % 5], 1)",
        "index_of": "factors[:, 0] * 5 + factors[:, 1]",
    } | changes
    return f'''
        @bvtk.register_dataset("mine")
        class Mine(bvtk.DatasetSpec):
            """Mine."""

            def build(self):
                import numpy as np

                class Grid({members["base"]}):
                    image_shape = bvtk.ImageShape(1, 4, 4)
                    peak = {members["peak"]}
                    factor_names = ("a", "b")
                    factor_sizes = (3, 5)
                    provenance = {members["provenance"]}
                    {members["more"]}

                    def __len__(self):
                        return 15

                    def images(self, index):
                        return {members["images"]}

                    def factors(self, index):
                        return {members["factors"]}

                    def index_of(self, factors):
                        return {members["index_of"]}

                return Grid()
    '''


@pytest.mark.parametrize("more", ["", "weights, sequences = np.arange(15.), np.arange(15) // 5"])
def test_a_sound_dataset(tmp_path, more):
    assert problems(tmp_path, dataset(more=more)) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"provenance": "{}"}, "provenance has no 'source', 'sha256'"),
        (
            {"base": ""},
            "has no value_names, weights, sequences, factor_roles: derive its class from bvtk.Dataset, "
            "or use bvtk.data.ImageSet",
        ),
        ({"more": "factor_roles = {'c': 'category'}"}, "factor_roles has 'c', which is not in factor_names"),
        (
            {"more": "factor_roles = {'a': 'x'}"},
            "the role of factor 'a' is 'x', expected one of ('category', 'horizontal', 'vertical')",
        ),
        ({"more": "weights = np.ones(3)"}, "weights is float64 of shape (3,), expected float64 of shape (15,)"),
        ({"more": "weights = np.ones(15, int)"}, "weights is int64 of shape (15,), expected float64 of shape (15,)"),
        ({"more": "weights = np.zeros(15)"}, "weights must be finite, not negative, and not all 0"),
        ({"more": "weights = np.arange(15.) - 1"}, "weights must be finite, not negative, and not all 0"),
        ({"more": "sequences = np.zeros(3, int)"}, "sequences is int64 of shape (3,), expected int64 of shape (15,)"),
        ({"more": "sequences = np.arange(15) % 2"}, "the images of a sequence must have consecutive indices"),
        ({"peak": "0"}, "peak is 0, expected 1 for binary images and 255 otherwise"),
        ({"images": "np.zeros((len(index), 4, 4), np.uint8)"}, "images() returned (15, 4, 4), expected (15, 1, 4, 4)"),
        ({"images": "np.zeros((len(index), 1, 4, 4))"}, "images() returned float64, expected uint8"),
        ({"images": "np.full((len(index), 1, 4, 4), 9, np.uint8)"}, "found a pixel of 9, expected at most the peak, 1"),
        ({"factors": "np.zeros((len(index), 3), int)"}, "factors() returned (15, 3), expected (15, 2)"),
        (
            {"factors": "np.stack([np.asarray(index) % 5, np.asarray(index) // 5], 1)"},
            "found factors outside 0 to size − 1 for the sizes (3, 5)",
        ),
        (
            {"index_of": "factors[:, 1]"},
            "index_of() returned images with other factors than its argument",
        ),
    ],
)
def test_datasets_that_break_their_contract(tmp_path, changes, message):
    found = problems(tmp_path, dataset(**changes))
    assert f"dataset 'mine': {message}" in found


def test_a_dataset_that_reads_files_writes_an_example(tmp_path, monkeypatch):
    """Its fields come from the spec, and what it caches goes nowhere near the user's cache."""
    monkeypatch.setenv("BVTK_CACHE", str(tmp_path / "cache"))
    body = '''
        @bvtk.register_dataset("mine")
        class Mine(bvtk.DatasetSpec):
            """Mine."""

            path: str
            """A file."""
            count: PositiveInt = Field(examples=[3])
            """How many images."""

            @classmethod
            def example_fields(cls, folder):
                (folder / "example").write_bytes(bytes(range(48)))
                return {"path": str(folder / "example")}

            def build(self):
                import numpy as np
                from bvtk.data import Bytes, ImageSet, Plan, file_key, prepare_array

                def plan():
                    images = np.fromfile(self.path, np.uint8).reshape(self.count, 1, 4, 4)
                    return Plan(images.shape, [images])

                from pathlib import Path
                prepared = prepare_array("mine", file_key(Path(self.path)), plan)
                return ImageSet(Bytes(prepared.array), None, 255, {"source": "mine", **prepared.facts})
    '''
    found = findings(tmp_path, body)
    assert [f.message for f in found if f.level != "ok"] == []
    assert not (tmp_path / "cache").exists()


discover(installed=False)


@pytest.mark.parametrize("name", ["shuffled", "one_factor", "pairs", "sequences"])
def test_built_in_samplers_pass_every_check(name):
    assert [f.level for f in check_component("sampler", samplers.entry(name))] == ["ok"] * 3


def sampler(
    index: str = "random.choice(indices, batch_size)", gives: str = "", seed: str = "seed + step", labels: str = ""
) -> str:
    return f'''
        @bvtk.register_sampler("mine")
        class Mine(bvtk.SamplerSpec):
            """Mine."""

            gives = frozenset({{{gives}}})

            def build(self, dataset, indices, batch_size, seed):
                import numpy as np

                def batch(step):
                    random = np.random.default_rng({seed})
                    return bvtk.Batch({{"x": {index}}}, {{{labels}}})

                return batch
    '''


def test_a_sound_sampler(tmp_path):
    assert problems(tmp_path, sampler()) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"index": "indices[:2]"}, "x has shape (2,), expected (4,)"),
        ({"index": "indices[:4].astype(np.int32)"}, "x has type int32, expected int64"),
        ({"index": "np.arange(4)"}, "x contains an image that is held out: use only `indices`"),
        ({"gives": "'label'"}, "its batch has [] besides x, expected ['label'] as in `gives`"),
        (
            {"gives": "'label'", "labels": "'label': np.zeros((batch_size, 1 + step % 3))"},
            "label label has another shape or type at step 1 than at step 0",
        ),
        ({"seed": ""}, "its batch at step 0 depends on previous calls"),
        (
            {"seed": "step"},
            "returned the same batches for another seed: derive a generator from the seed and the step",
        ),
    ],
)
def test_samplers_that_break_their_contract(tmp_path, changes, message):
    assert problems(tmp_path, sampler(**changes)) == [f"sampler 'mine': {message}"]
