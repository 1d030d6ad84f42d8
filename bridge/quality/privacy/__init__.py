"""What synthetic rows give away about the people a generator was fitted to."""
