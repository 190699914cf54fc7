import sys

import numpy as np

from bvtk.report.charts import activation_chart, panels_of, training_chart


def test_no_global_state_is_used():
    training_chart([{"step": 1, "loss": 2.0}], {}, {})
    assert "matplotlib.pyplot" not in sys.modules


def test_gaps_in_the_data_are_left_blank():
    positions, curve = np.full((2, 4, 4), np.nan), np.full((2, 3), np.nan)
    positions[0, 0, 0] = 1.0
    assert activation_chart(positions, {"scale": curve}, [0, 1], ["z0", "z1"], ()).startswith(b"\x89PNG")


def test_terms_that_were_logged_only_sometimes():
    log = [{"step": 1, "loss": 5.0}, {"step": 2, "loss": 4.0, "kl": 1.0, "beta": None}]
    assert training_chart(log, {"Squared error": [(1, 9.0), (2, 5.0)]}, {"MIG": [(1, 0.1), (2, 0.2)]}).startswith(
        b"\x89PNG"
    )


def test_a_loss_is_in_nats_an_image_only_where_a_reconstruction_is_part_of_it():
    vae = panels_of([{"step": 1, "loss": 5.0, "reconstruction": 4.0, "kl": 1.0, "beta": 1.0, "learning_rate": 0.1}])
    assert [(panel.key, panel.unit) for panel in vae] == [
        ("loss", "nats per image"),
        ("reconstruction", "nats per image"),
        ("kl", "nats per image"),
        ("beta", ""),
    ]
    game = panels_of(
        [{"step": 1, "loss": 0.7, "discriminator_loss": 1.2, "mutual_information": 0.5, "active_units": 2}]
    )
    assert [(panel.key, panel.unit) for panel in game] == [
        ("loss", ""),
        ("active_units", ""),
        ("discriminator_loss", ""),
        ("mutual_information", ""),
    ]
    assert [panel.title for panel in game][-2:] == ["Discriminator loss", "Mutual information"]
