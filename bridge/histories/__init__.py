"""Who falls ill with what, and what is done about it: care modules, and the learnt event model."""
