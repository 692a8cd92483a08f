"""Models signed by OpenSSF's own model_signing: `sign.py FOLDER` makes a folder for each, with `model`, the signature in it, and
what a verifier needs. Prints a line for each: its name and what `require-signature` would have to be.
"""

import datetime
import json
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from model_signing import hashing, signing, verifying

FOLDER = Path(sys.argv[1])
CURVES = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}


def place(name):
    model = FOLDER / name / "model"
    (model / "deep" / "er").mkdir(parents=True)
    (model / "config.json").write_text("{}")
    (model / "deep" / "model.bin").write_bytes(bytes(range(256)) * 40)
    (model / "deep" / "er" / "é ü.txt").write_text("names")
    (model / "deep-er.txt").write_text("sorted otherwise by parts than by bytes")
    (model / "docs").mkdir()
    (model / "docs" / "left-out.md").write_text("# left out")
    (model / ".gitattributes").write_text("* -text")
    return FOLDER / name, model


def keys(folder, name, curve):
    private = ec.generate_private_key(curve)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / f"{name}.key").write_bytes(private.private_bytes(encoding, form, serialization.NoEncryption()))
    public = private.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / f"{name}.pub").write_bytes(public)
    return private


def hashed(model, **how):
    config = hashing.Config()
    if "shard_size" in how:
        config.use_shard_serialization(**how)
    elif how:
        config.use_file_serialization(**how)
    return config.set_ignored_paths(paths=[model / "model.sig", model / "docs"], ignore_git_paths=True)


def with_key(name, curve, **how):
    folder, model = place(name)
    keys(folder, "signer", curve)
    keys(folder, "other", curve)
    config = signing.Config().use_elliptic_key_signer(private_key=folder / "signer.key")
    config.set_hashing_config(hashed(model, **how)).sign(model, model / "model.sig")
    verifier = verifying.Config().use_elliptic_key_verifier(public_key=folder / "signer.pub")
    # Its own guess takes the size of a shard for a float, and fails.
    verifier.set_hashing_config(hashed(model, **how)).verify(model, model / "model.sig")
    print(json.dumps({"name": name, "demand": "key:signer.pub", "other": "key:other.pub"}))


def certificate(subject, key, issuer, issuer_key, authority=None, usage=True):
    def name(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start)
    builder = builder.not_valid_after(start + datetime.timedelta(days=30))
    builder = builder.add_extension(x509.BasicConstraints(authority is not None, authority), critical=True)
    bits = dict(
        content_commitment=False, key_encipherment=not usage, data_encipherment=False, key_agreement=False,
        key_cert_sign=authority is not None, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = builder.add_extension(x509.KeyUsage(digital_signature=usage, **bits), critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def with_certificate(name, accepted=True, inner_authority=0, usage=True):
    folder, model = place(name)
    root, inner, leaf = (keys(folder, part, ec.SECP256R1()) for part in ("root", "inner", "leaf"))
    other = keys(folder, "other", ec.SECP384R1())
    made = {
        "root": certificate("root", root, "root", root, 1),
        "inner": certificate("inner", inner, "root", root, inner_authority),
        "leaf": certificate("leaf", leaf, "inner", inner, usage=usage),
        # Another authority of the same name.
        "other": certificate("root", other, "root", other, 1),
    }
    for part, made_certificate in made.items():
        (folder / f"{part}.pem").write_bytes(made_certificate.public_bytes(serialization.Encoding.PEM))
    config = signing.Config().use_certificate_signer(
        private_key=folder / "leaf.key",
        signing_certificate=folder / "leaf.pem",
        certificate_chain=[folder / "inner.pem"],
    )
    config.set_hashing_config(hashed(model)).sign(model, model / "model.sig")
    verifier = verifying.Config().use_certificate_verifier(certificate_chain=[folder / "root.pem"])
    try:
        verifier.verify(model, model / "model.sig")
        agreed = True
    except Exception:
        agreed = False
    assert agreed == accepted, name
    print(json.dumps({"name": name, "demand": "cert:root.pem", "other": "cert:other.pem", "refused": not accepted}))


for label, curve in CURVES.items():
    with_key(f"key-{label}", curve)
with_key("shards", CURVES["p256"], shard_size=1000, hashing_algorithm="sha256")
with_key("blake2", CURVES["p256"], hashing_algorithm="blake2")
with_certificate("certificate")
with_certificate("certificate-of-no-authority", accepted=False, inner_authority=None)
with_certificate("certificate-not-for-signing", accepted=False, usage=False)
