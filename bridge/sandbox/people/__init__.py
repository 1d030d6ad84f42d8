"""The pages that a person opens in a browser: the list of patients, and one patient's chart."""
