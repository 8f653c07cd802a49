"""A certificate authority that nobody believes but the tests."""

import datetime
import ipaddress
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
LOOPBACK = ipaddress.ip_address("127.0.0.1")
NO_USE = dict.fromkeys(
    (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    ),
    False,
)
SIGNS_OTHERS = x509.KeyUsage(**NO_USE | {"key_cert_sign": True})
SIGNS_HANDSHAKES = x509.KeyUsage(**NO_USE | {"digital_signature": True})


@dataclass
class Authority:
    """Signs certificates that nobody but the holder of `trust` believes.

    Its own is in `folder` as authority.pem, and that of a name, with its key, as <name>.pem.
    """

    folder: Path
    trust: ssl.SSLContext
    sign: Callable[..., ssl.SSLContext]


def authority_in(folder: Path) -> Authority:
    """A fresh authority; `sign(name, *others)` gives a server's side of TLS for these names."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = _certificate(("Test authority",), root_key, root_key, is_root=True)
    (folder / "authority.pem").write_bytes(root.public_bytes(PEM))
    trust = ssl.create_default_context(cafile=folder / "authority.pem")

    def sign(*names: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        chain = folder / f"{names[0]}.pem"
        chain.write_bytes(
            key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            + _certificate(names, key, root_key).public_bytes(PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context

    return Authority(folder, trust, sign)


def _certificate(
    names: tuple[str, ...],
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    is_root: bool = False,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    alternatives: list[x509.GeneralName] = [x509.DNSName(name.replace(" ", "-")) for name in names]
    if "localhost" in names:
        alternatives.append(x509.IPAddress(LOOPBACK))
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        # From here on what RFC 5280 wants of a certificate: Python checks it since 3.13.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(SIGNS_OTHERS if is_root else SIGNS_HANDSHAKES, critical=True)
        .sign(signer, hashes.SHA256())
    )
