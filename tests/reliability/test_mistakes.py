"""The tests of kills find what they are for: each mistake that is put in on purpose shows."""

from __future__ import annotations

import pytest

from tests.reliability.conftest import TALLY, Ground
from tests.reliability.mistakes import MISTAKES
from tests.reliability.test_kills import DEATHS


@pytest.mark.soak
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(ground: Ground, mistake: str) -> None:
    operations = range(len(ground.straight("train", "squares", mistake).trace))
    cases = [
        ground.case("train", "squares", at, DEATHS[number % len(DEATHS)], mistake)
        for number, at in enumerate(operations[::2])
    ]
    ground.run(*map(ground.order_of, cases))
    assert any(ground.what_is_lost(case) for case in cases) or any(ground.what_differs(cases))
    TALLY["mistakes found"] += 1


def test_without_a_mistake_none_is_found(ground: Ground) -> None:
    cases = [ground.case("train", "squares", at, "kill") for at in (40, 60)]
    ground.run(*map(ground.order_of, cases))
    assert not any(ground.what_is_lost(case) for case in cases)
    assert not any(ground.what_differs(cases))
