"""The application: check, set up, load, resume, verify, undo and report, as library calls.

Each takes a small request and its surroundings, and returns what came of it. Nothing here prints,
asks a terminal, reads the environment or looks at a clock: whoever calls says all of that.
"""
