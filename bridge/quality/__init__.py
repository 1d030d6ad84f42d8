"""How true and how private generated data is, measured."""
