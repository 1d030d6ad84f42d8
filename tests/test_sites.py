"""The sites file: what it may say, and which patients each site gets."""

from pathlib import Path

import pytest

from bridge.errors import InputError
from bridge.sites import Site, load_sites, site_seed

SITE = """  - name: kisumu
    url: https://kisumu.example/openmrs
    user: trainer
    password_env: KISUMU
"""
OTHER = SITE.replace("kisumu", "nakuru")


def written(text: str, folder: Path) -> Path:
    """Write a sites file."""
    path = folder / "sites.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the working folder; a population's name stays a name."""
    more = "    mapping: own.yaml\n    ca_file: /etc/own.pem\n    population: ../haiti.yaml\n"
    text = SITE.replace("password_env: KISUMU", "password_file: secrets/kisumu") + more
    named = OTHER + "    population: haiti\n    count: 5\n    seed: 7\n"
    monkeypatch.chdir("/")
    site, other = load_sites(written(f"sites:\n{text}{named}", tmp_path))
    assert site.password_file == str(tmp_path / "secrets" / "kisumu")
    assert site.mapping_file == str(tmp_path / "own.yaml")
    assert site.ca_file == "/etc/own.pem"
    assert site.population == str(tmp_path / ".." / "haiti.yaml")
    assert (other.population, other.count, other.seed) == ("haiti", 5, 7)
    assert site.url == "https://kisumu.example/openmrs"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            f"sites:\n{SITE}    passwort_file: x\n",
            ":6: .*unknown key, did you mean 'password_file'",
        ),
        (f"sites:\n{SITE}    count: 0\n", ":6: sites.0.count: .*greater than or equal to 1"),
        (f"sites:\n{SITE}    count: yes\n", ":6: sites.0.count"),
        (f"sites:\n{SITE}{SITE}", ":6: sites.1.name: another site is called 'kisumu'"),
        (f"sites:\n{SITE}{SITE.replace('name: k', 'name: K')}", ":6: .*is called 'Kisumu'"),
        (
            f"sites:\n{SITE}{OTHER.replace('https://nakuru.example', 'https://Kisumu.example:443')}",
            ":7: sites.1.url: site 'kisumu' has this url, too",
        ),
        (f"sites:\n{SITE.replace('https://', '')}", ":3: .*http://localhost/openmrs is expected"),
        (f"sites:\n{SITE.replace('    user: trainer', '')}", ":2: sites.0.user: is missing"),
        (f"sites:\n{SITE}    password_file: x\n", ":2: .*name one of password_file"),
        (f"sites:\n{SITE.replace('    password_env: KISUMU', '')}", ":2: .*name one of password_"),
        ("sites: []\n", "name at least one site"),
        (f"seed: 3\nsites:\n{SITE}", ":1: seed: unknown key"),
        ("", "sites: is missing"),
    ],
)
def test_a_fault_names_line_and_key(text: str, complaint: str, tmp_path: Path) -> None:
    """As in every file of bridge."""
    with pytest.raises(InputError, match=complaint):
        load_sites(written(text, tmp_path))


@pytest.mark.parametrize(
    ("was", "secret"),
    [
        ("password_env: KISUMU", "password: hush-hush"),
        ("https://", "https://trainer:hush-hush@"),
        ("https://", "trainer:hush-hush@"),
    ],
)
def test_a_password_is_refused_and_not_shown(was: str, secret: str, tmp_path: Path) -> None:
    """Neither as a key nor in the address."""
    with pytest.raises(InputError) as caught:
        load_sites(written(f"sites:\n{SITE.replace(was, secret)}", tmp_path))
    assert "hush-hush" not in str(caught.value)
    assert "password_file" in str(caught.value) or "as user" in str(caught.value)


def test_a_site_s_seed_follows_from_the_load_s_and_its_name_alone() -> None:
    """Written down here: another number would give a class other patients than last time."""
    assert len({site_seed(seed, name) for seed in range(50) for name in ("a", "b", "ab")}) == 150
    assert site_seed(2026, "kisumu") == 1926331704


def test_a_name_is_one_that_can_be_seen() -> None:
    """It stands in every line on the terminal."""
    with pytest.raises(ValueError, match="can be seen"):
        Site(name="a\x1b[2J", url="http://a", user="u", password_env="P")
