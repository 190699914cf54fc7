"""What all pages and documents share: the page around their content, escaping, and how charts look."""
