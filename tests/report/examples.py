"""Made-up inputs of a report."""

import numpy as np

from bvtk.plugins import discover
from bvtk.protocols import ImageShape
from bvtk.report.inputs import ReportInputs

discover(None, installed=False)  # reports call metrics by the names that their specs know

HOSTILE = "</style><script>alert('x')</script> & \"quoted\" `code` | $a$ {{ 7*7 }} [l](javascript:x)\n# h"


def made_up(count=4, rows=2, columns=5, shape=(1, 16, 16), factors=True, **changed):
    """Inputs of a report on noise, in which latent 0 follows x and latent 1 the scale."""
    rng = np.random.default_rng(0)
    kl = np.linspace(2.0, 0.0, count)
    usual = {
        "name": "made-up",
        "summary": "A β-VAE on noise",
        "recipe": "name: made-up\nseed: 0\n",
        "image_shape": ImageShape(*shape),
        "scores": {
            "held_out": {
                "score": -50.0,
                "elbo": -50.0,
                "reconstruction": 45.0,
                "kl": 5.0,
                "active_units": 3,
                "latents": 4,
            },
            "beta_vae_score": {
                "score": 0.9,
                "train_accuracy": 0.91,
                "chance": 0.25,
                "protocol": "paper",
                "scores": [0.9],
            },
            "mig": {"score": 0.2, "gaps": {"scale": 0.1, "x": 0.3}, "left_out": []},
        },
        "log": [{"step": s, "loss": 900 / s, "reconstruction": 800 / s, "kl": 2.0, "beta": 4.0} for s in (1, 50, 100)],
        "originals": rng.random((3, *shape)),
        "reconstructions": rng.random((3, *shape)),
        "traversals": rng.random((count, rows, columns, *shape)),
        "spans": [np.linspace(-3, 3, columns).tolist()] * count,
        "code_size": count,
        "latents": range(count),
        "mean": np.zeros(count),
        "kl_per_latent": kl,
        "active": kl > 0.01,
        "spread": np.ones(count),
        "evaluations": [{"step": s, "scores": {"mig": {"score": s / 500}}} for s in (50, 100)],
    }
    if factors:
        ramp = np.linspace(-(3**0.5), 3**0.5, 301)
        positions = np.zeros((count, 301, 3))
        positions[0] = ramp[:, None]
        curve = np.zeros((count, 2, 301))
        curve[min(1, count - 1)] = ramp
        usual |= {
            "positions": positions,
            "curves": {"shape": np.zeros((count, 2)), "scale": curve},
            "shape_names": ("square", "heart"),
            "environment": {"libraries": {"torch": "2"}, "threads": 2, "plugins": [{"name": "p"}], "none": None},
            "timings": {"train": 125.0},
        }
    return ReportInputs(**(usual | changed))


def hostile(text):
    """Inputs in which everything that a user can name is `text`."""
    usual = made_up()
    return made_up(
        name=text,
        summary=text,
        recipe=text,
        scores=usual.scores | {"mig": {"score": 0.2, "gaps": {text: 0.1}, "protocol": text}, text: {"score": 0.1}},
        curves={text: usual.curves["scale"]},
        shape_names=(text, text),
        position_factors=(text, text),
        environment={text: {text: text}},
        plugins=(text,),
        export=text,
        timings={text: 1.0},
        warnings=(text,),
    )
