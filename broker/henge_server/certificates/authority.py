"""The server's own CA and the certificates that it issues. Pure: moments and names come in, PEM goes out.

Validity begins in 1970 in all of them: a board that has no clock believes that it is 1970, 2000 or 2021, and its TLS
compares the dates all the same.
"""

import ipaddress
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280, 4.1.2.5: no date of expiry is known
LIFETIME = timedelta(days=730)  # of a server's certificate: what was stolen with an old disk is worth nothing then

_NO_USE = dict.fromkeys(
    (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    ),
    False,
)


class Authority:
    """A CA certificate and its key, EC P-256: what MicroPython's TLS knows on every board."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        """Raises ValueError where the key is not that of the certificate."""
        if certificate.public_key() != key.public_key():
            raise ValueError("the key is not that of the certificate")
        self._certificate = certificate
        self._key = key

    @classmethod
    def make(cls) -> "Authority":
        """A new one. Its name has a random part, so that an old CA and a new one are two for everybody."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"henge CA {secrets.token_hex(4)}")
        builder = _builder(name, name, key, FOREVER)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        uses = x509.KeyUsage(**_NO_USE | {"key_cert_sign": True, "crl_sign": True})
        builder = builder.add_extension(uses, critical=True)
        return cls(builder.sign(key, hashes.SHA256()), key)

    @classmethod
    def read(cls, certificate: bytes, key: bytes) -> "Authority":
        """From PEM. Raises ValueError, TypeError."""
        found = load_pem_private_key(key, None)
        if not isinstance(found, ec.EllipticCurvePrivateKey):
            raise ValueError("the key is not an EC key")
        return cls(x509.load_pem_x509_certificate(certificate), found)

    @property
    def certificate(self) -> bytes:
        """PEM: what boards are given."""
        return self._certificate.public_bytes(Encoding.PEM)

    @property
    def key(self) -> bytes:
        """PEM, not encrypted."""
        return _pem(self._key)

    def issue(self, names: Iterable[str], now: datetime) -> bytes:
        """A new key and a server's certificate for host names and addresses, in one PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name("henge server"), self._certificate.subject, key, now + LIFETIME)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.KeyUsage(**_NO_USE | {"digital_signature": True}), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in sorted(names)]), critical=False
        )
        ours = self._certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ours)
        builder = builder.add_extension(issuer, critical=False)
        return _pem(key) + builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)


def names_of(certificate: x509.Certificate) -> set[str]:
    """The host names and addresses that a certificate is for; none where it names none that can be read."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return set()
    addresses = found.get_values_for_type(x509.IPAddress)
    return {*found.get_values_for_type(x509.DNSName), *(str(address) for address in addresses)}


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
