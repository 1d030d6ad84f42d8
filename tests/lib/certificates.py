"""Certificates of a server's own, made with the openssl command."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest


def own_certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """Make a self-signed certificate for `name` (IP:... or DNS:...); skip without openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    to = ["-keyout", str(key), "-out", str(certificate), "-days", "2"]
    named = ["-subj", "/CN=bridge test", "-addext", f"subjectAltName={name}"]
    command = ["openssl", "req", "-x509", *curve, *to, *named]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context
