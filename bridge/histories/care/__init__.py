"""Care modules: small cited state machines of who comes with what, and what is done about it."""
