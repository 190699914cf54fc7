import pytest

from .authors import findings, problems
from .test_objectives import MODEL


def test_a_model_of_its_own(tmp_path):
    body = '''
        @bvtk.register_model("mine")
        class Mine(bvtk.ModelSpec):
            """Mine."""

            encoder: bvtk.Encoder
            """Encodes."""

            def build(self, image):
                import torch
                from torch import nn

                class Model(nn.Module):
                    latents = 3

                    def __init__(self, encoder):
                        super().__init__()
                        self.encoder = encoder
                        self.decoder = nn.Linear(3, image.pixels)

                    def encode(self, x):
                        return self.encoder(x).chunk(2, 1)

                    def decode(self, z):
                        return self.decoder(z).unflatten(1, image)

                    def forward(self, x, generator=None):
                        mu, logvar = self.encode(x)
                        error = (self.decode(mu) - x).square().sum((1, 2, 3))
                        return bvtk.Outputs(x, mu, logvar, mu, error, mu.square() + logvar.square())

                return Model(self.encoder.build(image, 6))
    '''
    found = problems(tmp_path, body)
    assert found[0].startswith("model 'mine': for 1×64×64 images decode gives values from -")
    assert problems(tmp_path, body.replace("unflatten(1, image)", "unflatten(1, image).sigmoid()")) == []


def test_a_model_that_no_objective_trains_says_what_was_not_tried(tmp_path):
    found = findings(tmp_path, MODEL)
    assert [str(f) for f in found if f.level != "ok"] == [
        "model 'player': gives game, and no objective for that is registered, so its gradients were not tried"
    ]
    assert "gives a finite training pass and codes for images of" in " ".join(f.message for f in found)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("return {}", "return {'accuracy': float('nan')}", "figures() of its training pass gives accuracy nan"),
        ('return {"codes": self.codes}', "return {}", "tensors() of its training pass is empty"),
        ("def tensors(", "def tensor(", "its training pass is Pass, which has no tensors()"),
        ("x.flatten(1)), None", "x.flatten(1)).double(), None", "encode gives codes of type torch.float64"),
        ("x.flatten(1)), None", "x.flatten(1))[:, :2], None", "encode gives codes (4, 2), expected (4, 3)"),
    ],
)
def test_models_that_break_their_word(tmp_path, old, new, message):
    found = problems(tmp_path, MODEL.replace("self.judge(codes))", "codes)").replace(old, new))
    assert found[0].startswith(f"model 'player': {message}")


def fitted(fit: str = "self.mean.copy_(mean)", members: str = "", reads: str = "images", check: str = "pass") -> str:
    return f'''
        @bvtk.register_model("mine")
        class Mine(bvtk.ModelSpec):
            """Mine."""

            learns = "fit"
            reads = "{reads}"

            def check(self, dataset):
                from bvtk.errors import UsageError
                {check}

            def build(self, image):
                import numpy as np
                import torch
                from torch import nn

                class Model(nn.Module):
                    latents = 5

                    def __init__(self):
                        super().__init__()
                        self.register_buffer("mean", torch.zeros(5))
                        self.offset = 0.0

                    def fit(self, dataset, index, seed):
                        values = dataset.images(index).reshape(len(index), -1)[:, :5] / dataset.peak
                        mean = torch.from_numpy(values.mean(axis=0).astype(np.float32))
                        {fit}

                    def encode(self, x):
                        return x.flatten(1)[:, :5].float() - self.mean - self.offset, None
                    {members}

                return Model()
    '''


def test_a_fitted_model_is_fitted_on_a_made_up_data_set(tmp_path):
    found = findings(tmp_path, fitted())
    assert [f.message for f in found] == [
        "it and its fields are documented",
        "gives codes for images of 1×64×64, 3×64×64, 1×32×32, 3×48×40",
        "the seed alone decides its fit and codes",
        "an export holds all that it learns",
    ]
    assert problems(tmp_path, fitted(reads="factors")) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("def fit(", "def fitt(", 'fit(dataset, index, seed), as `learns = "fit"` promises'),
        ("def encode(", "def encoder(", "encode(x), which gives codes"),
        ("latents = 5", "codes = 5", "latents, how many numbers a code has"),
        ('learns = "fit"', 'learns = "steps"', "forward(x, generator), its training pass"),
    ],
)
def test_what_a_model_lacks_is_told_once(tmp_path, old, new, message):
    assert problems(tmp_path, fitted().replace(old, new)) == [f"model 'mine': the model lacks {message}"]


def test_what_a_fit_learns_belongs_into_buffers(tmp_path):
    (found,) = problems(tmp_path, fitted("self.offset = float(mean[0])"))
    assert found.startswith("model 'mine': gives other outputs after export and loading")


def test_a_fit_draws_from_its_seed(tmp_path):
    (found,) = problems(tmp_path, fitted("self.mean.copy_(mean * np.random.default_rng().random())"))
    assert found == "model 'mine': two builds under one seed gave 'mean' other values"


def test_one_that_needs_other_data_is_not_tried_and_says_so(tmp_path):
    found = findings(tmp_path, fitted(check="raise UsageError('needs a factor that is called hue')"))
    assert [str(f) for f in found if f.level != "ok"] == [
        "model 'mine': on a made-up data set with the factors shape, scale, orientation, x, y it refuses: "
        "needs a factor that is called hue"
    ]
