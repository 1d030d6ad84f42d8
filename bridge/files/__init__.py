"""Patients as files: tables and FHIR, out and in, whole or not at all."""
