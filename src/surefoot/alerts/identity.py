"""Identity: the certificates by which a clinic's broker knows each gateway, and nobody else.

An authority of the clinic's own signs them (X.509, EC P-256). A certificate names a gateway by its random id alone, and
nothing of a patient. Each is dated back a year, so that a gateway whose clock has not been set yet can still connect
(facts/reliability.md 2). Nothing is read or written here: bytes in PEM come and go, time is given.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CLINIC = "surefoot-clinic"  # the name of the clinic's own certificate
BACK = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """Whom it names."""
        ((common, *_),) = (self._read().subject.get_attributes_for_oid(NameOID.COMMON_NAME),)
        return str(common.value)

    @property
    def serial(self) -> int:
        return self._read().serial_number

    @property
    def until(self) -> datetime:
        """When it ends, UTC."""
        return self._read().not_valid_after_utc

    def _read(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate)


def new_authority(name: str, now: datetime, years: int = 20) -> Identity:
    """A clinic's authority: what it signs is trusted by the clinic's broker and gateways, and nowhere else."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = _named(name)
    certificate = (
        _begun(called, called, key.public_key(), now, timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_others=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pem(certificate, key)


def issue(authority: Identity, name: str, now: datetime, days: int = 365, hosts: Sequence[str] = ()) -> Identity:
    """A certificate of this authority. With ``hosts`` (names or addresses) it is a server's, else a client's.

    Raises:
        ValueError: a name that a broker's access list would read as a pattern.
    """
    if not name or any(letter in name for letter in "+#/ \t\n"):
        raise ValueError(f"not a name for a certificate: {name!r}")
    key = ec.generate_private_key(ec.SECP256R1())
    return _pem(_signed(authority, _named(name), key.public_key(), now, timedelta(days=days), hosts), key)


def renewed(authority: Identity, certificate: bytes, now: datetime, days: int = 365) -> bytes:
    """A gateway's certificate anew, PEM: for the same name and the same key, which stays where it is."""
    known = x509.load_pem_x509_certificate(certificate)
    public = known.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    made = _signed(authority, known.subject, public, now, timedelta(days=days))
    return made.public_bytes(serialization.Encoding.PEM)


def objection(offered: bytes, held: bytes, authority: bytes, now: datetime) -> str:
    """Why a certificate may not take the place of the one that is held (all PEM); empty: it may.

    It may for the same name and key alone, from the same authority, good by now and for longer: whoever offers it can
    make a certificate of this clinic's longer, and nothing else.
    """
    try:
        new, old, signing = (x509.load_pem_x509_certificate(one) for one in (offered, held, authority))
    except (ValueError, x509.InvalidVersion):
        return "it is no certificate"
    try:
        new.verify_directly_issued_by(signing)
    except (ValueError, TypeError, InvalidSignature):
        return "another authority has signed it"
    if new.subject != old.subject:
        return "it names another gateway"
    if new.public_key() != old.public_key():
        return "it is for another key than this home's"
    if new.not_valid_after_utc <= old.not_valid_after_utc:
        return "the one in use lasts as long"
    if new.not_valid_before_utc > now:
        return "it is not valid yet: the clinic's clock or this home's is wrong"
    return ""


def plain(certificate: bytes) -> bytes:
    """The first certificate of a PEM in the one spelling that everything reads, without what stands around it."""
    return x509.load_pem_x509_certificate(certificate).public_bytes(serialization.Encoding.PEM)


def _signed(
    authority: Identity,
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    now: datetime,
    lasts: timedelta,
    hosts: Sequence[str] = (),
) -> x509.Certificate:
    signing = x509.load_pem_x509_certificate(authority.certificate)
    signer = serialization.load_pem_private_key(authority.key, None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    role = ExtendedKeyUsageOID.SERVER_AUTH if hosts else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = (
        _begun(subject, signing.subject, public, now, lasts)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_others=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([role]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_place(host) for host in hosts]), critical=False)
    return builder.sign(signer, hashes.SHA256())


def revocations(authority: Identity, serials: Sequence[int], now: datetime, days: int = 3650) -> bytes:
    """The list of certificates that are good no longer, signed, PEM."""
    signing = x509.load_pem_x509_certificate(authority.certificate)
    signer = serialization.load_pem_private_key(authority.key, None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(signing.subject)
        .last_update(now - BACK)
        .next_update(now + timedelta(days=days))
    )
    for serial in serials:
        gone = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
        builder = builder.add_revoked_certificate(gone)
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a certificate in PEM, as browsers show it."""
    return x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex(":").upper()


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(now - BACK).not_valid_after(now + lasts)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs_others: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_others,
        key_cert_sign=signs_others,
        crl_sign=signs_others,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _place(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Identity:
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return Identity(certificate.public_bytes(serialization.Encoding.PEM), private)
