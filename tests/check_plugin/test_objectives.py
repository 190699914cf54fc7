from __future__ import annotations

import pytest

from .authors import findings, problems

MODEL = '''
        @bvtk.register_model("player")
        class Player(bvtk.ModelSpec):
            """Mine."""

            gives = frozenset({"game"})

            def build(self, image):
                import torch
                from dataclasses import dataclass
                from torch import nn

                @dataclass
                class Pass:
                    codes: torch.Tensor
                    fake: torch.Tensor

                    def tensors(self):
                        return {"codes": self.codes}

                    def figures(self):
                        return {}

                class Model(nn.Module):
                    latents = 3

                    def __init__(self):
                        super().__init__()
                        self.encoder = nn.Linear(image.pixels, 3)
                        self.judge = nn.Linear(3, 1)

                    def encode(self, x):
                        return self.encoder(x.flatten(1)), None

                    def forward(self, x, generator=None):
                        codes, _ = self.encode(x)
                        return Pass(codes, self.judge(codes))

                return Model()
    '''


def objective(returned: str, init: str = "pass") -> str:
    return f'''
        @bvtk.register_objective("mine")
        class Mine(bvtk.ObjectiveSpec):
            """Mine."""

            def build(self, context):
                import torch
                from torch import nn

                class Loss(nn.Module):
                    def __init__(self):
                        super().__init__()
                        {init}

                    def forward(self, outputs, step):
                        loss = outputs.reconstruction.mean() + outputs.kl.sum(1).mean()
                        return {returned}

                return Loss()
    '''


def test_a_sound_objective(tmp_path):
    assert problems(tmp_path, objective("{'loss': loss, 'step': step}")) == []


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("{'total': loss}", "at step 0 returned the terms total, expected 'loss' too"),
        ("{'loss': loss, 'kl': outputs.kl}", "at step 0 term 'kl' has shape (4, 10), expected a scalar"),
        ("{'loss': loss / (500 - step)}", "at step 500 term 'loss' is inf"),
        ("{'loss': loss.detach()}", "at step 0 'loss' has no gradient"),
        ("{'loss': loss + torch.rand(()) * self.training}", None),
    ],
)
def test_objectives_that_break_their_contract(tmp_path, returned, message):
    assert problems(tmp_path, objective(returned)) == ([f"objective 'mine': {message}"] if message else [])


def test_an_objective_must_keep_its_state_in_buffers(tmp_path):
    body = objective("{'loss': loss * self.weight}", "self.weight = torch.rand(())")
    assert problems(tmp_path, body) == [
        "objective 'mine': has different outputs after export and loading: keep all state in parameters or buffers"
    ]


def game(parts: str = "{'judge': model.judge}", terms: str = "'judge_loss': -outputs.fake.mean()", model: str = MODEL):
    """A model with its own training pass, and an objective with an optimiser for one part of it."""
    return (
        model
        + f'''
        @bvtk.register_objective("mine")
        class Mine(bvtk.ObjectiveSpec):
            """Mine."""

            needs = frozenset({{"game"}})

            def optimizers(self):
                from bvtk.component import optimizers

                return {{"judge": optimizers.get("adam")()}}

            def build(self, context):
                from torch import nn

                class Loss(nn.Module):
                    def parts(self, model):
                        return {parts}

                    def forward(self, outputs, step):
                        return {{"loss": outputs.fake.mean() + outputs.codes.mean(), {terms}}}

                return Loss()
    '''
    )


def test_an_objective_is_tried_with_a_model_that_gives_what_it_needs(tmp_path):
    found = findings(tmp_path, game())
    assert [str(f) for f in found if f.level != "ok"] == []
    assert "the loss of every part has gradients for all its parameters" in [f.message for f in found]
    assert "objective 'mine' trains all of its parameters" in [f.message for f in found]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parts": "{}"}, "optimizers() has 'judge', but parts(model) returned none"),
        ({"parts": "{'judge': nn.ReLU()}"}, "its part 'judge' has no parameters"),
        (
            {"terms": "'judge_los': -outputs.fake.mean()"},
            "returned the terms loss, judge_los, expected 'judge_loss' too",
        ),
        (
            {"terms": "'judge_loss': outputs.codes.mean()"},
            "'judge_loss' has no gradient for 'weight', 'bias'",
        ),
        ({"terms": "'judge_loss': outputs.fake.mean().detach()"}, "'judge_loss' has no gradient"),
    ],
)
def test_parts_that_do_not_learn(tmp_path, changes, message):
    assert f"objective 'mine': {message}" in problems(tmp_path, game(**changes))


def test_an_objective_without_a_model_has_a_note(tmp_path):
    found = findings(tmp_path, game(model=""))
    assert [str(f) for f in found if f.level != "ok"] == [
        "objective 'mine': no working model gives game, so its losses were not tried"
    ]


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
