import pytest

from .authors import findings, problems


def test_an_optimizer_that_maximises(tmp_path):
    body = '''
        @bvtk.register_optimizer("mine")
        class Mine(bvtk.OptimizerSpec):
            """Mine."""

            def build(self, parameters):
                import torch

                return torch.optim.SGD(parameters, lr=0.1, maximize=True)
    '''
    (found,) = problems(tmp_path, body)
    assert found.startswith("optimizer 'mine': changed a sum of squares from ")


def test_an_optimizer_whose_state_a_checkpoint_does_not_keep(tmp_path):
    body = """
        @bvtk.register_optimizer("mine")
        class Mine(bvtk.OptimizerSpec):
            \"\"\"Mine.\"\"\"

            def build(self, parameters):
                import torch

                class Slower(torch.optim.SGD):
                    def step(self, closure=None):
                        for group in self.param_groups:
                            group["steps"] = group.get("steps", 0) + 1
                            group["lr"] /= group["steps"]
                        return super().step(closure)

                return Slower(parameters, lr=0.1)
    """
    (found,) = problems(tmp_path, body)
    assert found.startswith("optimizer 'mine': resumed from a checkpoint, it continued differently: keep")


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
        "is finite and within its bounds at every step",
        "depends only on the step",
    ]


@pytest.mark.parametrize(
    ("body", "bounds", "message"),
    [
        (
            "return 2 * step / training_steps",
            "(0.0, 1.0)",
            "returned 2 at step 1, expected 0 to 1 as in bounds()",
        ),
        ("return float('nan')", "(0.0, 1.0)", "returned nan at step 0"),
        ("return '1'", "(0.0, 1.0)", "returned str at step 0, expected a float"),
        ("return 0.5", "(1.0, 0.0)", "bounds() returned (1, 0), expected the lower one first"),
        (
            "CALLS.append(step); return min(len(CALLS) / 1e4, 1.0)",
            "(0.0, 1.0)",
            "its value at 1000 of 1000 steps depends on previous calls",
        ),
    ],
)
def test_schedules_that_break_their_contract(tmp_path, body, bounds, message):
    assert problems(tmp_path, schedule(body, bounds)) == [f"schedule 'mine': {message}"]
