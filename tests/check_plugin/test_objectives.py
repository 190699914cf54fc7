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
