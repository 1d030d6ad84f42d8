"""The care package: read compiled as from YAML, and every module without a fault."""

from bridge.histories.care import package
from bridge.histories.care.check import faults_of


def test_what_is_compiled_is_what_the_files_say() -> None:
    """If this fails: python -m bridge.histories.care.package."""
    compiled = package.Compiled.model_validate_json(package.COMPILED.read_bytes())
    assert compiled == package.read_package()


def test_no_module_has_a_fault() -> None:
    """As `bridge care check` would say."""
    faults = {name: list(faults_of(module)) for name, module in package.modules().items()}
    assert {name: found for name, found in faults.items() if found} == {}
