"""Finds a prescription's drug in a server's formulary: by its ingredient, strength and form."""

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from bridge.chart import CodeableConcept
from bridge.mapping.products import Product, is_same_drug, product_of, without_salt
from bridge.mapping.terms import ServerDrug, as_words, in_words, key_of
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import checked_text

MOST_DRUGS = 20_000
"""No formulary has as many; what comes after them is not looked at."""

_FIELDS = "uuid,display,strength,retired,dosageForm:(display),concept:(uuid,display)"


class Stocked(NamedTuple):
    """A drug of the formulary with what it is made of."""

    drug: ServerDrug
    ingredient: str
    strength: str
    form: str


def read_formulary(client: Client) -> list[Stocked]:
    """Read the drugs in use, by name."""
    found = [
        Stocked(
            ServerDrug(
                body["uuid"], checked_text(body["display"]), checked_text(body["concept"]["uuid"])
            ),
            as_words(str(body["concept"].get("display", ""))),
            str(body.get("strength") or ""),
            str((body.get("dosageForm") or {}).get("display") or ""),
        )
        for body in islice(client.every("drug", _FIELDS), MOST_DRUGS)
        if not body.get("retired")
    ]
    return sorted(found, key=lambda one: (one.drug.display, one.drug.uuid))


def drugs_of(
    formulary: list[Stocked],
    prescribed: Iterable[CodeableConcept],
    ingredients: dict[str, set[str]],
) -> dict[str, ServerDrug]:
    """Return the drugs by the keys of what is prescribed (see `Terms.drugs`).

    `ingredients` are the concepts that a key's code is by the table or the server's terms.
    """
    by_name = {as_words(one.drug.display): one.drug for one in reversed(formulary)}
    by_uuid = {one.drug.uuid: one.drug for one in formulary}
    found: dict[str, ServerDrug] = {}
    for what in prescribed:
        for code in what.codes:
            if code.code in by_uuid:
                found[key_of(code)] = by_uuid[code.code]
            elif drug := _stocked(formulary, product_of(code.display), ingredients, key_of(code)):
                found[key_of(code)] = drug
        for words in in_words(what):
            if words in by_name:
                found.setdefault(f"words|{words}", by_name[words])
    return found


def _stocked(
    formulary: list[Stocked], product: Product, ingredients: dict[str, set[str]], key: str
) -> ServerDrug | None:
    """Return the first drug that has the ingredient, by code or by name, the strength and form."""
    concepts = ingredients.get(key, set())
    names = _names(product)
    return next(
        (
            one.drug
            for one in formulary
            if (one.drug.concept in concepts or one.ingredient in names)
            and is_same_drug(product, one.strength, one.form, one.drug.display)
        ),
        None,
    )


def _names(product: Product) -> set[str]:
    """Return what a formulary may call the ingredients: all of them, however joined."""
    joined = set()
    for parts in (product.ingredients, tuple(map(without_salt, product.ingredients))):
        for ordered in {parts, tuple(reversed(parts))}:
            joined |= {glue.join(ordered) for glue in (" / ", " & ", " and ")}
    return joined - {""}
