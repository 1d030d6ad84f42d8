"""Every parser under hostile input: by Hypothesis in the tests, by atheris when run by hand."""
