"""The clinic at a glance: who comes, why and when, and what for they are enrolled."""
