"""Measures of event histories on tables written by hand, whose answers are known."""
