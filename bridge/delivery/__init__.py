"""A run: one load of a cohort onto one server, checked, recorded, resumable and undoable."""
