"""Tables as people have them: read with care, or refused with the place."""
