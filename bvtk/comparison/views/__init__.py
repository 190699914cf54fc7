"""How a comparison is shown: the text of its cells, Markdown, CSV, plots and a page."""
