"""Standard Webhooks signatures: HMAC-SHA256 over id, time and body, one for each secret in rotation.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

_PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """The key of a secret `whsec_<base64>`; ValueError where it is none, without showing it."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(
            "the secret is not whsec_ and base64; make one with 24 to 64 random bytes"
        ) from None
    if not 24 <= len(key) <= 64:
        raise ValueError(f"the secret has {len(key)} bytes; the standard asks for 24 to 64")
    return key


def signed_headers(message_id: str, at_s: int, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """The three headers; `at_s` is seconds since 1970 UTC. A receiver that knows any key verifies."""
    text = f"{message_id}.{at_s}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
