"""Where the sandbox answers otherwise than the live server, each with its reason."""

DIFFERENCES = {
    "modules": "the sandbox has the modules for appointments and attachments besides",
    "session signed in": "the live server did not know its own address before its first resource",
    "fhir metadata": "lists what the sandbox speaks: the resources of a chart, in JSON",
    "purged obs": "a refused undelete changes nothing here; the live server keeps half of it",
}
