import pytest

from bvtk.check_plugin import check_component
from bvtk.component import samplers
from bvtk.plugins import discover

from .authors import problems

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
