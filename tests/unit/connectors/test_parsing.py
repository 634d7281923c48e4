"""Strict readers: what is malformed is a BadInput of status 4xx, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.parsing import MAX_TEXT, json_object, message_text, xml_fields
from switchboard.errors import BadInput

BAD_JSON = {
    "empty": b"",
    "truncated": b'{"a": "b',
    "100k deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "33 deep": b'{"a":' * 33 + b"1" + b"}" * 33,
    "duplicate keys": b'{"a": 1, "a": 2}',
    "duplicate keys inside": b'{"x": {"a": 1, "a": 2}}',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "a list": b"[]",
    "a number": b"1",
    "not UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "too large": b'{"a": "' + b"x" * 70_000 + b'"}',
    "huge integer": b'{"a": ' + b"9" * 60_000 + b"} x",
}

BAD_XML = {
    "empty": b"",
    "truncated": b"<xml><a>1</a>",
    "billion laughs": b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><xml><a>&b;</a></xml>',
    "quadratic blow-up": b'<!DOCTYPE x [<!ENTITY a "' + b"A" * 20_000 + b'">]><xml><a>' + b"&a;" * 1000 + b"</a></xml>",
    "external file": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><a>&a;</a></xml>',
    "external http": b'<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:1/">]><xml><a>&a;</a></xml>',
    "parameter entity": b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:1/">%a;]><xml/>',
    "a DTD by address": b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><xml/>',
    "50k deep": b"<a>" * 15_000,
    "33 deep": b"<a>" * 33 + b"</a>" * 33,
    "UTF-16 declared": b'<?xml version="1.0" encoding="UTF-16"?><xml><a>1</a></xml>',
    "UTF-16": '<?xml version="1.0" encoding="UTF-16"?><xml><a>1</a></xml>'.encode("utf-16"),
    "UTF-7 declared": b'<?xml version="1.0" encoding="UTF-7"?><xml><a>+ADw-</a></xml>',
    "a stray ]]>": b"<xml><a>]]></a></xml>",
    "the same field twice": b"<xml><a>1</a><a>2</a></xml>",
    "not XML": b"hello",
    "NUL": b"<xml><a>\x00</a></xml>",
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_bad_json_is_refused(name):
    with pytest.raises(BadInput) as caught:
        json_object(BAD_JSON[name])
    assert 400 <= caught.value.status < 500


@pytest.mark.parametrize("name", BAD_XML)
def test_bad_xml_is_refused(name):
    with pytest.raises(BadInput) as caught:
        xml_fields(BAD_XML[name])
    assert 400 <= caught.value.status < 500


def test_xml_gives_the_texts_of_the_fields():
    body = b'<?xml version="1.0" encoding="utf-8"?><xml><a><![CDATA[1 < 2]]></a><b/><c>x<d>y</d>z</c></xml>'
    assert xml_fields(body) == {"a": "1 < 2", "b": "", "c": "xz"}


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    for read in (json_object, xml_fields):
        try:
            read(data)
        except BadInput:
            pass


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("查话费", "查话费"),
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("line\r\nline", "line\nline"),
        ("\ud800 cut", "\ufffd cut"),
        ("😀", "😀"),
        ("x" * 5000, "x" * MAX_TEXT),
        ("/restart", "/restart"),
        ("{{7*7}}", "{{7*7}}"),
    ],
)
def test_a_text_is_kept_without_what_could_harm(written, kept):
    assert message_text(written) == kept
