import pytest

from bvtk.errors import PluginError, UsageError
from bvtk.registry import BUILT_IN, SESSION, Origin, Registry, did_you_mean, registering

FILE = Origin("file", "plugins/mine.py", "abc")


class EncoderSpec:
    """Stands for the base of all encoders."""


class Thing(EncoderSpec):
    """A thing. With more below.

    Second paragraph.
    """


@pytest.fixture
def registry():
    return Registry("encoder")


def test_registered_components_are_found(registry):
    assert registry.register("tiny")(Thing) is Thing
    assert registry.get("tiny") is Thing
    assert "tiny" in registry
    assert registry.names() == ["tiny"]


def test_an_entry_has_the_place_and_summary_of_its_class(registry):
    registry.register("tiny")(Thing)
    entry = registry.entry("tiny")
    assert entry.place.endswith("test_registry.py:13")
    assert entry.summary == "A thing. With more below."
    assert entry.origin == SESSION


def test_components_have_the_origin_that_registers_them(registry):
    with registering(FILE):
        registry.register("tiny")(Thing)
    assert registry.entry("tiny").origin == FILE
    assert (str(FILE), str(BUILT_IN)) == ("plugins/mine.py", "built-in")


def test_built_ins_stay_built_in_whoever_imports_them_first(registry):
    with registering(FILE):
        registry.register("tiny")(type("Thing", (EncoderSpec,), {"__module__": "bvtk.models.vae_spec"}))
        registry.register("other")(type("Thing", (EncoderSpec,), {"__module__": "bvtk_extras"}))
    assert registry.entry("tiny").origin == BUILT_IN
    assert registry.entry("other").origin == FILE


def test_two_origins_with_one_name_are_both_in_the_error(registry):
    other = Origin("package", "bvtk-extras", "1.0")
    with registering(FILE):
        registry.register("tiny")(Thing)
    with registering(other), pytest.raises(PluginError) as caught:
        registry.register("tiny")(Thing)
    assert str(caught.value) == (
        "encoder 'tiny' is claimed by both plugins/mine.py and bvtk-extras\nrename one of them"
    )


def test_a_session_may_redefine_its_components(registry):
    registry.register("tiny")(Thing)
    again = type("Again", (EncoderSpec,), {})
    registry.register("tiny")(again)
    assert registry.get("tiny") is again


def test_forgetting_removes_the_components_of_an_origin(registry):
    registry.register("kept")(Thing)
    with registering(FILE):
        registry.register("tiny")(Thing)
    registry.forget(FILE)
    assert registry.names() == ["kept"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("burges", "unknown encoder 'burges', did you mean 'burgess'?"),
        ("xyz", "unknown encoder 'xyz', known: burgess, mlp"),
    ],
)
def test_unknown_names_get_a_suggestion(registry, name, message):
    registry.register("mlp")(Thing)
    registry.register("burgess")(Thing)
    with pytest.raises(UsageError) as caught:
        registry.get(name)
    assert str(caught.value) == message


def test_nothing_to_suggest():
    assert did_you_mean("x", []) == "none is known"


@pytest.mark.parametrize("item", [object, print])
def test_what_is_no_spec_of_the_kind_is_refused_where_it_is_registered(registry, item):
    with pytest.raises(PluginError, match=f"encoder 'tiny': {item.__name__} is not derived from bvtk.EncoderSpec"):
        registry.register("tiny")(item)
    assert "tiny" not in registry
