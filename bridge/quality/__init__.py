"""How true, how useful and how private synthetic records are, held against real ones."""
