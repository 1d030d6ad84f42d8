"""Published figures that care modules draw by, each with its source: CSV, and what reads them."""
