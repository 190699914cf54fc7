"""Shared by all pages and documents: the layout, escaping, and the style of charts."""
