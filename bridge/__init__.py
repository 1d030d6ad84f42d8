"""bridge fills an OpenMRS server with believable, private, reproducible patients."""

__version__ = "0.1.0"
