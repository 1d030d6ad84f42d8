"""Teaching cases: what a scenario says, the charts of a class, and the pages for it."""
