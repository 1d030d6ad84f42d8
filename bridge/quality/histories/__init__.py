"""How true and how private made event histories are, each figure beside what real people reach."""
