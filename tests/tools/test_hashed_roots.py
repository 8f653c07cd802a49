"""Roots by subject are found by OpenSSL itself, and by nobody else's name."""

import datetime
import ssl
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from tools.hashed_roots import lay_out

PEM = serialization.Encoding.PEM
NAMES = {
    "plain": [(NameOID.COMMON_NAME, "Test Root", _ASN1Type.UTF8String)],
    "case and space": [(NameOID.COMMON_NAME, "  TEST   Root ", _ASN1Type.PrintableString)],
    "several": [
        (NameOID.COUNTRY_NAME, "DE", _ASN1Type.PrintableString),
        (NameOID.ORGANIZATION_NAME, "Größe & Söhne", _ASN1Type.UTF8String),
        (NameOID.EMAIL_ADDRESS, "Root@Example.ORG", _ASN1Type.IA5String),
    ],
    "two bytes": [(NameOID.COMMON_NAME, "Zürich", _ASN1Type.BMPString)],
    "long": [(NameOID.ORGANIZATION_NAME, "x" * 60, _ASN1Type.UTF8String)] * 4,
}


def root(folder: Path, names: list[tuple[x509.ObjectIdentifier, str, _ASN1Type]]) -> Path:
    """A root that also serves as `localhost`: its own file, and certifi's name for all roots."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(oid, text, _type=kind) for oid, text, kind in names])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    folder.mkdir()
    (folder / "cacert.pem").write_bytes(certificate.public_bytes(PEM))
    server = folder / "server.pem"
    server.write_bytes(
        key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(PEM)
    )
    return server


def shakes_hands(server: Path, roots: Path) -> bool:
    """Whether a client that trusts these roots accepts the server; both in this process."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(server)
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.load_verify_locations(capath=roots)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = asking.wrap_bio(to_client, to_server, server_hostname="localhost")
    other = serving.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (one, other):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
    return one.version() is not None


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_openssl_finds_a_root_by_its_name_and_no_other(
    tmp_path: Path, names: list[tuple[x509.ObjectIdentifier, str, _ASN1Type]]
) -> None:
    server = root(tmp_path / "ours", names)
    impostor = root(tmp_path / "impostor", names)
    roots = lay_out(tmp_path / "ours")

    assert shakes_hands(server, roots)
    assert not shakes_hands(impostor, roots)


def test_two_roots_of_one_name_are_both_found(tmp_path: Path) -> None:
    servers = [root(tmp_path / name, NAMES["plain"]) for name in ("old", "new")]
    both = tmp_path / "both"
    both.mkdir()
    all_of_them = "".join((each.parent / "cacert.pem").read_text() for each in servers)
    (both / "cacert.pem").write_text(all_of_them)

    roots = lay_out(both)

    assert len(list(roots.iterdir())) == 2
    assert all(shakes_hands(server, roots) for server in servers)


def test_each_root_of_certifi_has_a_file(tmp_path: Path) -> None:
    bundle = Path(certifi.where()).read_text("ascii")
    (tmp_path / "cacert.pem").write_text(bundle)

    roots = lay_out(tmp_path)

    assert len(list(roots.iterdir())) == bundle.count("BEGIN CERTIFICATE")
