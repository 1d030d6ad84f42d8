"""FHIR R4 resources of strangers, read into charts: what cannot be taken is said, not dropped."""
