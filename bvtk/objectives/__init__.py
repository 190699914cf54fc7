"""Objectives that train a model, and the schedules of their weights."""
