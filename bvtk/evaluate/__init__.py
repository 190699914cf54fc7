"""Evaluation of trained models: images are encoded once, and all scores are computed from the codes.

Values that a model does not have, such as a KL without a posterior, are missing from the scores, never zero.
"""

from bvtk.evaluate.representation import Encoder, images_encoded
from bvtk.evaluate.scores import Evaluation, collapse_warning, evaluate, quick_scores, unscored_warnings

__all__ = [
    "Encoder",
    "Evaluation",
    "collapse_warning",
    "evaluate",
    "images_encoded",
    "quick_scores",
    "unscored_warnings",
]
