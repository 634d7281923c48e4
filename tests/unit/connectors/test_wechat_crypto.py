"""The platform's own examples, recomputed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from connectors.wechat import crypto
from switchboard.errors import BadInput

FILE = Path(__file__).parents[4] / "shared" / "vectors" / "wechat_official.json"
OWN_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")


@pytest.fixture
def vectors():
    if not FILE.exists():
        pytest.skip("the platform's examples are kept beside the repository and are not here")
    return json.loads(FILE.read_text())


def test_the_signature_of_a_verification(vectors):
    v = vectors["get_verify"]
    assert crypto.signature(v["token"], v["timestamp"], v["nonce"]) == v["signature"]


def test_the_signature_of_a_plain_message(vectors):
    v = vectors["plain_post"]
    assert crypto.signature(v["token"], v["timestamp"], v["nonce"]) == v["signature"]


def test_an_encrypted_message_is_opened(vectors):
    v = vectors["secure_post"]
    crypto.check(v["msg_signature"], v["token"], v["timestamp"], v["nonce"], v["encrypt"])
    assert crypto.decrypt(v["encrypt"], (v["aes"],), v["appid"]).decode() == v["plain"]


def test_an_encrypted_reply_is_made(vectors):
    v, account = vectors["secure_reply"], vectors["secure_post"]
    sealed = crypto.encrypt(v["plain"].encode(), account["aes"], account["appid"], v["random16"].encode())
    assert sealed == v["encrypt"]
    assert crypto.signature(account["token"], v["timestamp"], v["nonce"], sealed) == v["msg_signature"]


def test_the_previous_key_opens_after_a_rotation():
    other = base64.b64encode(bytes(32)).decode().rstrip("=")
    sealed = crypto.encrypt("你好".encode(), other, "wx1")
    assert crypto.decrypt(sealed, (OWN_KEY, other), "wx1").decode() == "你好"


@pytest.mark.parametrize(
    "sealed",
    [
        crypto.encrypt(b"hello", OWN_KEY, "wx2"),
        crypto.encrypt(b"hello", base64.b64encode(bytes(32)).decode().rstrip("="), "wx1"),
        base64.b64encode(bytes(64)).decode(),
        base64.b64encode(b"x" * 31).decode(),
        "",
        "not base64!",
        "你好",
    ],
    ids=["wrong appid", "wrong key", "bad padding", "no whole block", "empty", "not base64", "not ASCII"],
)
def test_what_is_not_ours_stays_closed(sealed):
    with pytest.raises(BadInput):
        crypto.decrypt(sealed, (OWN_KEY,), "wx1")
