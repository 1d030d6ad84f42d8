"""Generators of histories to compare with: a chain, the source's recipe, and nets on streams."""
