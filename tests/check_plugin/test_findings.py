from bvtk.check_plugin.findings import Report, require
from bvtk.errors import UsageError
from bvtk.protocols import ImageShape


class Mine:
    """A class in this file."""


SMALL, LARGE = ImageShape(1, 8, 8), ImageShape(1, 64, 64)


def failing(condition):
    require(condition, "is wrong")


def unsupported(_):
    raise UsageError("grey images only", "convert the images")


def test_a_check_that_passes_adds_its_sentence():
    report = Report("encoder 'mine'", Mine)
    assert report.holds("is right", failing, True)
    assert [(f.level, str(f)) for f in report.findings] == [("ok", "encoder 'mine': is right")]


def test_a_check_that_fails_adds_a_problem():
    report = Report("encoder 'mine'", Mine)
    assert not report.holds("is right", failing, False, where="for 1×8×8 images")
    assert [(f.level, f.message) for f in report.findings] == [("problem", "for 1×8×8 images is wrong")]


def test_a_usage_error_is_a_note():
    report = Report("encoder 'mine'", Mine)
    assert not report.passes("", unsupported, None)
    assert [(f.level, f.message) for f in report.findings] == [("note", "raised UsageError: grey images only")]


def test_an_exception_is_a_problem_with_its_line():
    report = Report("encoder 'mine'", Mine)
    assert not report.passes("", lambda: 1 / 0)
    (found,) = report.findings
    assert found.message.startswith("raised ZeroDivisionError: division by zero (")
    assert "test_findings.py:" in found.message


def test_the_same_failure_for_several_shapes_is_one_finding():
    report = Report("encoder 'mine'", Mine)
    assert report.fitting(failing, {SMALL: False, LARGE: False}) == {}
    assert [f.message for f in report.findings] == ["is wrong"]


def test_a_failure_for_some_shapes_names_them():
    report = Report("encoder 'mine'", Mine)
    assert report.fitting(failing, {SMALL: False, LARGE: True}) == {LARGE: True}
    assert [f.message for f in report.findings] == ["for 1×8×8 images is wrong"]


def test_what_a_function_returns_is_passed_on():
    report = Report("encoder 'mine'", Mine)
    assert report.tried("", int, "3") == 3
    assert report.findings == []


def test_a_component_that_supports_no_shape_is_a_problem():
    report = Report("encoder 'mine'", Mine)
    assert report.fitting(unsupported, {SMALL: 1, LARGE: 2}) == {}
    assert [f.level for f in report.findings] == ["note", "problem"]
    assert report.findings[1].message == "failed for all image shapes: 1×8×8, 1×64×64"
