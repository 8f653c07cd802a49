"""A certificate of one run, and the roots of the layer with it among them."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import certifi

from tools.hashed_roots import lay_out


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server of 127.0.0.1 shows, and its key, each in a file."""

    chain: Path
    key: Path


def certificate_in(folder: Path) -> Certificate:
    """A fresh one, which signs itself and so is its own root."""
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(made.key)),
            *("-out", str(made.chain)),
        ],
        check=True,
        capture_output=True,
    )
    return made


def packages_that_trust(certificate: Certificate, folder: Path) -> Path:
    """A folder for PYTHONPATH: certifi as `make build` leaves it, and one root more."""
    copy = folder / "packages" / "certifi"
    shutil.copytree(Path(certifi.__file__).parent, copy)
    with (copy / "cacert.pem").open("a") as roots:
        roots.write(certificate.chain.read_text())
    lay_out(copy)
    return copy.parent
