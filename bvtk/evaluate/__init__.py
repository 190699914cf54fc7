"""Measuring a trained model of any kind: images are encoded once, and all scores are made from the codes.

What a model can't do, such as KL without a posterior, is absent from its scores, never zero.
"""

from bvtk.evaluate.representation import Encoder, images_encoded
from bvtk.evaluate.scores import Evaluation, collapse, evaluate, quick_scores, told_unscored

__all__ = ["Encoder", "Evaluation", "collapse", "evaluate", "images_encoded", "quick_scores", "told_unscored"]
