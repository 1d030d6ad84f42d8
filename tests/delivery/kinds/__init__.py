"""Of each entry kind: how it is rendered, sent, found again and read back."""
