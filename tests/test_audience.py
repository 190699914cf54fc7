from __future__ import annotations

import pytest

from bvtk.audience import Silence


def test_silence_says_nothing_but_warnings() -> None:
    silence = Silence()
    silence.stage("train", "1 step")
    silence.started(0, 1)
    silence.logged({"step": 1})
    silence.progressed(1, 1)
    with pytest.warns(UserWarning, match="posterior collapse"):
        silence.warned("posterior collapse")
