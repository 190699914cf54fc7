"""The report of a run: a self-contained page, its figures as PNG, and a model card."""

from bvtk.report.inputs import ReportInputs
from bvtk.report.page import write_report

__all__ = ["ReportInputs", "write_report"]
