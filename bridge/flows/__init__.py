"""Flows fitted to tables: what columns mean, how a model is fitted, and rows of it."""
