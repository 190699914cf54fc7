import pytest

from .authors import problems


def likelihood(nll: str, mean: str = "output.sigmoid()") -> str:
    return f'''
        @bvtk.register_likelihood("mine")
        class Mine(bvtk.LikelihoodSpec):
            """Mine."""

            def build(self, image):
                import torch
                from torch import nn

                class Pixels(nn.Module):
                    def nll(self, output, x):
                        return {nll}

                    def mean(self, output):
                        return {mean}

                return Pixels()
    '''


def test_a_sound_likelihood(tmp_path):
    assert problems(tmp_path, likelihood("(output - x).square().sum((1, 2, 3))")) == []


@pytest.mark.parametrize(
    ("nll", "mean", "message"),
    [
        ("(output - x).square().mean()", "output.sigmoid()", "nll returned (), expected (4,) = (batch,)"),
        ("(output - x).log().sum((1, 2, 3))", "output.sigmoid()", "nll contains NaN or infinity"),
        (
            "(output.detach() - x).square().sum((1, 2, 3))",
            "output.sigmoid()",
            "nll has no gradient for the decoder's output",
        ),
    ],
)
def test_likelihoods_that_break_their_contract(tmp_path, nll, mean, message):
    assert problems(tmp_path, likelihood(nll, mean))[0] == f"likelihood 'mine': {message}"


def test_means_outside_the_unit_interval(tmp_path):
    found = problems(tmp_path, likelihood("(output - x).square().sum((1, 2, 3))", "output"))
    assert found[0].startswith("likelihood 'mine': for 1×64×64")
    assert "images mean returned values from -" in found[0]
    assert found[0].endswith("expected 0 to 1")
    assert found[-1].startswith("likelihood 'mine': failed for all image shapes: ")
