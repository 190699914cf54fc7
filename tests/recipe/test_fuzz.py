"""Whatever is written in a recipe or an override: it is read as written, or refused in words. No traceback, ever.

What is accepted is held against what was said: every value stands in the complete recipe as it was written, at its
place, and the complete recipe reads back as itself. That the text is read right is held against JSON, which YAML
contains and Python reads by itself.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bvtk.errors import Problem
from bvtk.recipe import Recipe, dump_yaml, resolved
from bvtk.recipe.extends import merge
from bvtk.recipe.load import validate
from bvtk.recipe.marks import Mark, Node, Source
from bvtk.recipe.overrides import apply_override_text
from bvtk.recipe.source import Document, compose

TEXT = """\
name: fuzzed
seed: 3
dataset: {type: arrays, path: a.npz}
model:
  type: vae
  latents: 4
  encoder: {type: toy, sizes: [1, 2], weight: {type: linear, end: 2, steps: 9}}
  decoder: mlp
objective: {type: beta_vae, beta: 0.5}
training:
  steps: 5
  optimizer: {type: adam, lr: 1e-3}
metrics: [mig, {type: beta_vae_score, pairs: 9}]
"""
DOCUMENT = compose(Source("r.yaml", TEXT))
ROOT = DOCUMENT.root or Node(None, Mark(DOCUMENT.source))
DATA: dict[str, Any] = ROOT.plain()

CHILD = """\
seed: 3
model:
  encoder: {width: 8, label: "x"}
objective:
  beta: {type: linear, end: 2, steps: 9}
metrics: [mig]
"""
"""What a recipe says that extends the one above: short, since reading a text costs more than all else."""

BATCH = 25
"""Examples that Hypothesis draws at a time: it costs as much as reading a recipe when it draws them one by one."""

_PLACES = """name seed extends dataset dataset.type dataset.path model model.type model.latents model.likelihood
model.encoder model.encoder.type model.encoder.width model.encoder.mode model.encoder.sizes model.encoder.sizes.0
model.encoder.pair model.encoder.scale model.encoder.share model.encoder.label model.encoder.flag
model.encoder.weight model.encoder.weight.end model.encoder.inner model.encoder.inner.width model.encoder.parts
model.decoder model.decoder.hidden objective objective.type objective.beta objective.beta.value training
training.steps training.batch_size training.optimizer training.optimizer.lr training.optimizer.lr.value
training.compile training.precision training.held_out training.gradient_clip metrics metrics.0 metrics.0.bins
metrics.1.pairs metrics.1.protocol metrics.2 sweep sweep.seeds sweep.grid.model.latents sweep.cells nme model.x.y
seed.x model.encoder.sizes.x objective.beta.type training.optimizer.betas"""
_WORDS = """toy needy mlp vae pca arrays dsprites beta_vae control_vae infogan linear constant cosine adam sgd mig fast
learned paper bernoulli type value on yes no null ~ true False 12:30 1e-3 .5 0o17 0x1F 017 1_000 .inf -.inf .nan
99999999999999999999 -0 +1 <<  ${x} *a &a !x !!int .. ../x a.b 2001-01-01 = ? - : # % @ ` | >"""
_KEYS = "type value width sizes label steps end pairs lr hidden latents nme"
PLACES, WORDS, NAMES = (st.sampled_from(words.split()) for words in (_PLACES, _WORDS, _KEYS))
FINITE = st.floats(allow_nan=False, allow_infinity=False)  # JSON has no others; `.inf` is among the words
NUMBERS = st.integers(-3, 70) | st.integers() | FINITE | st.sampled_from([0.0, -0.0, 0.5, 1.0, 1e-3, 1e300])
SCALARS = st.none() | st.booleans() | NUMBERS | WORDS | st.text(max_size=6)
KEYS = NAMES | st.text(max_size=3)
FEW = st.lists(SCALARS, max_size=3) | st.dictionaries(KEYS, SCALARS, max_size=3)
VALUES = SCALARS | SCALARS | FEW | st.dictionaries(KEYS, FEW | SCALARS, max_size=3)
CHARACTERS = st.sampled_from(list("0123456789  abex0-.:,[]{}&*!|>'\"%@`#~<=? \n\t\r\\$é\u2028\u0085\ufeff\0\x1b"))
CHANGES = st.lists(
    st.tuples(st.integers(0, len(CHILD)), st.integers(0, 1), CHARACTERS | CHARACTERS | WORDS), min_size=1, max_size=2
)


def batches(examples: int, strategy: st.SearchStrategy[Any]) -> Callable[[Any], Any]:
    """Runs a test of one example with this many, `BATCH` of them a call; the one that fails is named, not shrunk."""
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    rules = settings(
        max_examples=examples // BATCH, deadline=None, phases=phases, suppress_health_check=list(HealthCheck)
    )

    def run(test: Callable[[Any], None]) -> Callable[[], None]:
        @rules
        @given(st.lists(strategy, min_size=BATCH, max_size=BATCH))
        def fuzz(batch: list[Any]) -> None:
            for example in batch:
                try:
                    test(example)
                except Exception as error:
                    raise AssertionError(repr(example)) from error

        return fuzz

    return run


def changed(data: Any, path: list[str], value: Any) -> Any:
    """Plain data with another value at a path, as far as the path leads."""
    if not path:
        return value
    part, *rest = path
    if isinstance(data, list):
        return [changed(item, rest, value) if str(n) == part else item for n, item in enumerate(data)]
    inside = data if isinstance(data, dict) else {}
    return inside | {part: changed(inside.get(part), rest, value)}


def read_or_refused(root: Node | None, problems: tuple[Problem, ...]) -> None:
    """Validates what was read, and holds a recipe against what was said."""
    recipe, found, _ = validate(root) if root and isinstance(root.value, dict) else (None, [], "")
    for problem in (*problems, *found):
        assert problem.message
        assert problem.line or not problem.column
        assert "\n" not in problem.text
        assert "\x1b" not in problem.text + problem.excerpt + problem.hint
    if root is None or recipe is None:
        assert problems or found or root is None or not isinstance(root.value, dict)
    elif not problems:
        accepted(recipe, root)


def accepted(recipe: Recipe, root: Node) -> None:
    whole = resolved(recipe)
    said = {key: value for key, value in root.plain().items() if key != "sweep"}
    assert stands_in(said, whole), (said, whole)
    again = compose(Source("again", dump_yaml(recipe)))
    assert again.root
    assert not again.problems
    assert again.root.plain() == whole


def stands_in(said: Any, whole: Any) -> bool:
    """Whether a value is what it was said to be: nothing dropped, nothing taken for something else."""
    if isinstance(said, dict):
        return isinstance(whole, dict) and all(
            key in whole and stands_in(value, whole[key]) for key, value in said.items()
        )
    if isinstance(said, list):
        return isinstance(whole, list) and len(said) == len(whole) and all(map(stands_in, said, whole))
    if isinstance(whole, dict):  # a bare word or number stands for a component
        return (said == whole.get("type") or whole.get("type") == "constant") and (
            isinstance(said, str) or stands_in(said, whole.get("value"))
        )
    if isinstance(said, bool) or isinstance(whole, bool) or not isinstance(said, int | float):
        return type(said) is type(whole) and said == whole
    if isinstance(whole, float):  # which has no room for all digits of a large integer
        return float(said) == whole and math.isfinite(whole)
    return isinstance(said, int) and said == whole


def overridden(example: tuple[str, Any]) -> None:
    place, value = example
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    read_or_refused(*apply_override_text(ROOT, f"{place}={text}"))


def edited(example: tuple[str, Any]) -> None:
    place, value = example
    first = place.split(".")[0]
    text = json.dumps({first: changed(DATA, place.split("."), value)[first]}, ensure_ascii=False)
    document = compose(Source("r.yaml", text))
    if document.root and not document.problems:
        assert repr(document.root.plain()) == repr(json.loads(text))
    extended(document)


def mistyped(changes: list[tuple[int, int, str]]) -> None:
    text = CHILD
    for start, length, instead in changes:
        text = text[:start] + instead + text[start + length :]
    extended(compose(Source("r.yaml", text)))


def extended(document: Document) -> None:
    """Validates a document as a recipe that extends another."""
    root = document.root
    laid = merge(ROOT, root) if root and isinstance(root.value, dict) else root
    read_or_refused(laid, document.problems)


OVERRIDES, EDITS = st.tuples(PLACES, VALUES), st.tuples(PLACES, VALUES)

test_any_override_is_taken_or_refused = batches(4_000, OVERRIDES)(overridden)
test_any_value_is_taken_or_refused = batches(3_000, EDITS)(edited)
test_any_slip_of_the_keyboard_is_taken_or_refused = batches(3_000, CHANGES)(mistyped)

test_any_override_at_length = pytest.mark.soak(batches(80_000, OVERRIDES)(overridden))
test_any_value_at_length = pytest.mark.soak(batches(60_000, EDITS)(edited))
test_any_slip_at_length = pytest.mark.soak(batches(60_000, CHANGES)(mistyped))
