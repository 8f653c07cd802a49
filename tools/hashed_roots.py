"""Lays certifi's root certificates out by subject, as OpenSSL looks them up: `<hash>.<number>`.

    python tools/hashed_roots.py .aws-sam/build/CoreLayer/python/certifi

What `openssl rehash` makes, without openssl: not every machine that builds has its command.
"""

import base64
import hashlib
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_VERSION = 0xA0  # the tag of a certificate's optional first field
_BEFORE_SUBJECT = 4  # serial number, algorithm, issuer, validity
# The kinds of text that OpenSSL compares as UTF-8 in lower case, and how each is read.
_TEXTS = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1A: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
_UTF8, _SET, _SEQUENCE = 0x0C, 0x31, 0x30


def lay_out(certifi: Path) -> Path:
    """Write the folder `roots` beside certifi's one file of all; the folder."""
    folder = certifi / "roots"
    folder.mkdir(exist_ok=True)
    seen: Counter[str] = Counter()
    for pem in _PEM.findall((certifi / "cacert.pem").read_text("ascii")):
        name = subject_hash(base64.b64decode("".join(pem.split("\n")[1:-1])))
        (folder / f"{name}.{seen[name]}").write_text(pem + "\n")
        seen[name] += 1
    return folder


def subject_hash(certificate: bytes) -> str:
    """OpenSSL's X509_NAME_hash: of the subject in its canonical form, eight hexadecimal digits."""
    ((_, whole),) = _fields(certificate)
    fields = list(_fields(next(_fields(whole))[1]))
    subject = fields[_BEFORE_SUBJECT + (fields[0][0] == _VERSION)][1]
    canonical = b"".join(_canonical(part) for _, part in _fields(subject))
    return hashlib.sha1(canonical, usedforsecurity=False).digest()[3::-1].hex()


def _canonical(part: bytes) -> bytes:
    attributes = sorted(
        _field(_SEQUENCE, _field(*kind) + _field(*_folded(*value)))
        for kind, value in (tuple(_fields(each)) for _, each in _fields(part))
    )
    return _field(_SET, b"".join(attributes))


def _folded(tag: int, value: bytes) -> tuple[int, bytes]:
    if tag not in _TEXTS:
        return tag, value
    words = value.decode(_TEXTS[tag]).encode().split()  # by ASCII's white space, as OpenSSL does
    return _UTF8, b" ".join(words).lower()


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each field of DER data: its tag and what it holds."""
    place = 0
    while place < len(data):
        tag, length = data[place], data[place + 1]
        place += 2
        if length & 0x80:
            width = length & 0x7F
            length = int.from_bytes(data[place : place + width], "big")
            place += width
        yield tag, data[place : place + length]
        place += length


def _field(tag: int, value: bytes) -> bytes:
    length = len(value)
    if length < 0x80:
        return bytes((tag, length)) + value
    width = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | width)) + length.to_bytes(width, "big") + value


if __name__ == "__main__":
    print(f"{len(list(lay_out(Path(sys.argv[1])).iterdir()))} roots by subject.")
