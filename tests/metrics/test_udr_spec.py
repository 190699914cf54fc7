import pytest

from bvtk.errors import UsageError
from bvtk.metrics.udr_spec import How


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"measure": "kendall"}, "unknown measure 'kendall'"),
        ({"images": 1}, "found 1 and 0"),
        ({"seed": -1}, "found 1000 and -1"),
    ],
)
def test_wrong_settings(wrong, message):
    with pytest.raises(UsageError, match=message):
        How(**wrong)
