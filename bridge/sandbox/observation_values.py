"""The value of an observation, set by its concept's datatype."""

import math
from typing import Any

from bridge.sandbox.conversion import to_moment, unique
from bridge.sandbox.refusals import Conversion
from bridge.sandbox.store import Record, Store

TRUE_UUID = "cf82933b-3f3f-45e7-a5ab-5d31aaee3da3"
FALSE_UUID = "488b58ff-64f5-4f8a-8979-fa79940b1594"
TRUE_WORDS = frozenset({"true", "1", "on", "yes", TRUE_UUID})
FALSE_WORDS = frozenset({"false", "0", "off", "no", FALSE_UUID})


def set_value(store: Store, obs: Record, value: Any) -> None:
    """Set an observation's value; its concept must have been set before."""
    if value is None:
        raise Conversion("The value for an observation cannot be null")
    concept = store.ref(obs, "concept")
    if concept is None:
        raise Conversion(
            'Cannot invoke "org.openmrs.Concept.getDatatype()" because the return value of'
            ' "org.openmrs.Obs.getConcept()" is null'
        )
    datatype = store.ref(concept, "datatype")
    kind = datatype["hl7Abbreviation"] if datatype else ""
    if kind == "NM":
        obs["valueNumeric"] = _number(concept, value)
    elif kind == "CWE":
        obs["valueCoded"] = _answer(store, concept, value)
    elif kind == "BIT":
        obs["valueCoded"] = store.find("concept", _truth(value))
    elif kind in ("DT", "TM", "TS"):
        obs["valueDatetime"] = to_moment(str(value))
    elif kind == "ST":
        obs["valueText"] = str(value)
    else:
        raise Conversion(f"Don't know how to handle {kind} for concept: {store.display(concept)}")


def _number(concept: Record, value: Any) -> float:
    text = (str(value).lower() if isinstance(value, bool) else str(value)).strip()
    units = concept["units"]
    if units and text.endswith(units):
        text = text[: text.index(units)].strip()
    try:
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(text)
        return number
    except ValueError:
        fault = f'For input string: "{text}"'
        raise Conversion(*([f"{text} has invalid units"] if units else []), fault) from None


def _answer(store: Store, concept: Record, value: Any) -> Record:
    text = str(value.get("uuid", value) if isinstance(value, dict) else value)
    answer = unique(store, store.resource_types["concept"], text)
    if answer is None:
        raise Conversion(f"{store.display(concept)}:{text}")
    return answer


def _truth(value: Any) -> str:
    word = str(value.get("uuid", value) if isinstance(value, dict) else value).strip().lower()
    if word in TRUE_WORDS:
        return TRUE_UUID
    if word in FALSE_WORDS:
        return FALSE_UUID
    raise Conversion(f"Unexpected value: {value} set as the value of boolean. ")
