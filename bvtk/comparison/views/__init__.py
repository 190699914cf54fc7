"""How a comparison is shown: text, Markdown, CSV, plots and a page."""
