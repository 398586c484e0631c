"""Reads what fixwarden publishes: the Confluent wire format and Avro's single-object encoding, by fastavro."""

import io
import json
import struct
from pathlib import Path

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


def load(name):
    """The schema of `discrepancy` or `dead_letter`, parsed."""
    return fastavro.parse_schema(json.loads((SCHEMAS / f"{name}.avsc").read_text()))


def schema_fingerprint(schema):
    """CRC-64-AVRO of the canonical form: the eight bytes that stand behind C3 01."""
    return bytes.fromhex(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO"))


def decode_body(body, schema):
    source = io.BytesIO(body)
    record = fastavro.schemaless_reader(source, schema)
    rest = source.read()
    if rest:
        raise ValueError(f"{len(rest)} bytes behind the record")
    return record


def decode_confluent(data, schema):
    """(schema id, record): 0x00, four bytes of id (big-endian), the body."""
    if len(data) < 5 or data[0] != 0:
        raise ValueError("this is not the Confluent wire format")
    return struct.unpack(">I", data[1:5])[0], decode_body(data[5:], schema)


def decode_single_object(data, schema):
    """C3 01, the fingerprint (little-endian), the body."""
    if data[:2] != b"\xc3\x01":
        raise ValueError("this is not a single-object encoding")
    if data[2:10] != schema_fingerprint(schema):
        raise ValueError(f"fingerprint {data[2:10].hex()}, the schema has {schema_fingerprint(schema).hex()}")
    return decode_body(data[10:], schema)


def encode_body(record, schema):
    target = io.BytesIO()
    fastavro.schemaless_writer(target, schema, record)
    return target.getvalue()
