"""Patients and statements as the bodies that travel: OpenMRS REST and FHIR R4. Pure."""
