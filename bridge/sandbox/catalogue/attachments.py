"""The data of complex observations: images and documents, each with its name and type."""

from bridge.sandbox.resource_types import Property, ResourceType, integer, ref, text

RESOURCE_TYPES = (
    ResourceType(
        name="complexdata",
        java="org.openmrs.obs.ComplexData",
        version="1.8",
        privilege="Observations",
        properties=(
            ref("obs"),
            text("title"),
            text("mediaType"),
            integer("size"),
            Property(name="content", type="blob"),
        ),
        creatable="title",
        default="title",
        full="title",
        ending="voided",
        served=False,
        indexes=("obs",),
        getters={"display": lambda store, record: record["title"]},
    ),
)
