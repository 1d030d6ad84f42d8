"""The FHIR R4 side of the server: read and search of patients, encounters and observations."""
