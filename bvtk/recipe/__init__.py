"""Reads YAML files into complete, validated recipes, and reports every error with its place."""

from bvtk.recipe.load import LoadedRecipe, load_recipe, parse_component, parse_recipe
from bvtk.recipe.schema import Recipe, Training
from bvtk.recipe.writing import dump_yaml, recipe_hash, recipe_sha256, resolved

__all__ = [
    "LoadedRecipe",
    "Recipe",
    "Training",
    "dump_yaml",
    "load_recipe",
    "parse_component",
    "parse_recipe",
    "recipe_hash",
    "recipe_sha256",
    "resolved",
]
