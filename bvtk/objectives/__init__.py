"""Objectives, and the schedules of their weights."""
