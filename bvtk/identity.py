"""Whether a run folder belongs to a recipe.

The name of the folder holds a short hash, for which a second recipe can be found. So the full sha256 of the recipe is
recorded in the folder, in its checkpoints and in its export, and compared before anything is read from them.
"""

from __future__ import annotations

from bvtk.errors import RunError, UsageError
from bvtk.files import sha256_of_file
from bvtk.recipe import Recipe, load_recipe, recipe_sha256
from bvtk.runs import RunFolder, read_json

RECIPE, SCORES = "recipe_sha256", "scores_sha256"
"""The keys of `environment.json` and of other records."""


def check_identity(folder: RunFolder, recipe: Recipe) -> None:
    """Checks that what lies in a run folder was made from a recipe.

    Args:
        folder: the run folder; it may be empty.
        recipe: the complete recipe.

    Raises:
        UsageError: if the folder is of another recipe.
        RunError: as `check_records` does.
    """
    if not folder.recipe.is_file():
        return
    own = recipe_sha256(recipe)
    if recipe_sha256(load_recipe(folder.recipe).recipe) != own:
        raise UsageError(
            f"{folder.path} holds the run of another recipe, or its recipe.yaml was changed",
            "choose another --out or seed, or restore recipe.yaml",
        )
    check_records(folder, own)


def check_records(folder: RunFolder, recipe: str) -> None:
    """Checks the recipe and the scores in a run folder against what was recorded when they were used and written.

    Args:
        folder: the run folder.
        recipe: the SHA-256 of its recipe.

    Raises:
        RunError: if one of them was changed.
    """
    recorded = read_json(folder.environment) if folder.environment.is_file() else {}
    if recorded.get(RECIPE, recipe) != recipe:
        raise RunError(
            f"{folder.recipe} was changed after the run was trained",
            "Restore it. To train the changed recipe, give its file: `bvtk run FILE`.",
        )
    if folder.scores.is_file() and recorded.get(SCORES, sha256_of_file(folder.scores)) != sha256_of_file(folder.scores):
        raise RunError(
            f"{folder.scores} was changed after it was written",
            f"delete it, and run `bvtk report {folder.path} --again` to measure again",
        )
