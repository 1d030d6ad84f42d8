"""A live OpenMRS over HTTP: one request, and the endpoints bridge uses."""
