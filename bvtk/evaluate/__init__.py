"""Evaluation of trained models: images are encoded once, and all scores are computed from the codes.

Values that a model does not have, such as a KL without a posterior, are missing from the scores, never zero.
"""
