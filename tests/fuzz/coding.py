"""Codes, units and names of medicines, as files of others write them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from bridge.mapping.code_table import default_code_table_path, parse_code_table
from bridge.mapping.products import is_same_drug, product_of
from bridge.mapping.units import convert

Open = AbstractContextManager[Callable[[bytes], object]]


def codes() -> Open:
    """Read a table of codes."""
    return nullcontext(lambda data: parse_code_table(data.decode(errors="surrogateescape")))


def codes_seeds() -> Sequence[bytes]:
    """Return the beginning of bridge's own."""
    return [b"\n".join(default_code_table_path().read_bytes().split(b"\n")[:20])]


def units() -> Open:
    """Convert from any unit to any words."""

    def trial(data: bytes) -> object:
        unit, _, words = data.decode(errors="replace").partition("\n")
        return convert(5.0, unit, "857".ljust(36, "A"), words)

    return nullcontext(trial)


def units_seeds() -> Sequence[bytes]:
    """Return units with the words of concepts."""
    return [b"mg/dL\nmmol/L", b"10*3/uL\n10^3/uL", b"[degF]\nDEG C", b"mL/min/{1.73_m2}\nml/min"]


def medicines() -> Open:
    """Read the name of a medicine, and hold it against a formulary's drug."""

    def trial(data: bytes) -> object:
        name, _, strength = data.decode(errors="replace").partition("\n")
        return is_same_drug(product_of(name), strength, "Tablet", name)

    return nullcontext(trial)


def medicines_seeds() -> Sequence[bytes]:
    """Return names as RxNorm has them."""
    return [
        b"Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet [Augmentin]\n250mg+125mg",
        b"24 HR Metformin 500 MG Extended Release Oral Tablet\n125mg/5ml",
    ]
