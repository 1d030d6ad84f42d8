"""What a measurement is called in OpenMRS and FHIR, as the user's YAML file says."""
