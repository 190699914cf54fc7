import pytest
from rich.console import Console

from bvtk.cli.results import scores_table


def printed(scores):
    console = Console(width=120)
    with console.capture() as captured:
        console.print(scores_table(scores))
    return captured.get()


@pytest.mark.parametrize(
    ("held_out", "title"),
    [
        ({"score": -90.0, "elbo": -90.0, "reconstruction": 80.0, "kl": 10.0}, "ELBO"),
        ({"score": -80.0, "reconstruction": 80.0, "active_units": 3}, "−reconstruction"),
    ],
)
def test_the_score_on_held_out_images_is_a_bound_only_with_a_posterior(held_out, title):
    table = printed({"held_out": held_out, "squared_error": {"score": 1.0}})
    assert f"{title}  " in table
    assert "squared error" in table
    assert ("ELBO" in table) == ("kl" in held_out)
