import pytest

from .authors import findings, problems


def schedule(body: str, bounds: str = "(0.0, 1.0)") -> str:
    return f'''
        CALLS = []

        @bvtk.register_schedule("mine")
        class Mine(bvtk.ScheduleSpec):
            """Mine."""

            def value_at(self, step, training_steps):
                {body}

            def bounds(self):
                return {bounds}
    '''


def test_a_sound_schedule(tmp_path):
    assert [f.message for f in findings(tmp_path, schedule("return min(step / training_steps, 1.0)"))] == [
        "it and its fields are documented",
        "finite and within its bounds at every step",
        "a pure function of the step",
    ]


@pytest.mark.parametrize(
    ("body", "bounds", "message"),
    [
        (
            "return 2 * step / training_steps",
            "(0.0, 1.0)",
            "gives 2 at step 1, outside its bounds() of 0 to 1",
        ),
        ("return float('nan')", "(0.0, 1.0)", "gives nan at step 0"),
        ("return '1'", "(0.0, 1.0)", "gives str at step 0, expected a float"),
        ("return 0.5", "(1.0, 0.0)", "bounds() gives (1, 0), expected the smallest value first"),
        (
            "CALLS.append(step); return min(len(CALLS) / 1e4, 1.0)",
            "(0.0, 1.0)",
            "its value at 1000 of 1000 steps depends on the steps asked for before",
        ),
    ],
)
def test_schedules_that_break_their_word(tmp_path, body, bounds, message):
    assert problems(tmp_path, schedule(body, bounds)) == [f"schedule 'mine': {message}"]


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
        ("(output - x).square().mean()", "output.sigmoid()", "nll gives (), expected (4,) = (batch,)"),
        ("(output - x).log().sum((1, 2, 3))", "output.sigmoid()", "nll holds NaN or infinity"),
        (
            "(output.detach() - x).square().sum((1, 2, 3))",
            "output.sigmoid()",
            "nll passes no gradient to the decoder's output",
        ),
    ],
)
def test_likelihoods_that_break_their_word(tmp_path, nll, mean, message):
    assert problems(tmp_path, likelihood(nll, mean))[0] == f"likelihood 'mine': {message}"


def test_means_outside_the_unit_interval(tmp_path):
    found = problems(tmp_path, likelihood("(output - x).square().sum((1, 2, 3))", "output"))
    assert found[0].startswith("likelihood 'mine': for 1×64×64")
    assert "images mean gives values from -" in found[0]
    assert found[0].endswith("expected them within [0, 1]")
    assert found[-1].startswith("likelihood 'mine': works for no image shape that was tried")


def test_an_optimizer_that_climbs(tmp_path):
    body = '''
        @bvtk.register_optimizer("mine")
        class Mine(bvtk.OptimizerSpec):
            """Mine."""

            def build(self, parameters):
                import torch

                return torch.optim.SGD(parameters, lr=0.1, maximize=True)
    '''
    (found,) = problems(tmp_path, body)
    assert found.startswith("optimizer 'mine': took a sum of squares from ")
