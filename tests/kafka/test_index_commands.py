"""The commands about an index, from the command line: no broker is needed."""

import json

import pytest

from product import fixwarden

OLD = """symbol,isin,mic,currency,name
AAPL,US0378331005,XNAS,USD,Apple
IBM,US4592001014,XNYS,USD,"International Business, Machines"
SAP,DE0007164600,XETR,EUR,SAP
"""
NEW = OLD.replace("XNYS", "XLON").replace("SAP,DE0007164600,XETR,EUR,SAP\n", "") + "MSFT,US5949181045,XNAS,USD,Microsoft\n"


def build(folder, name, text):
    master, index = folder / f"{name}.csv", folder / f"{name}.fwx"
    master.write_text(text)
    result = fixwarden("index", "build", "--master", master, "--index", index, "--carry", "name")
    assert result.returncode == 0, result.stderr
    return index


def test_verify_says_that_all_is_right(tmp_path):
    result = fixwarden("index", "verify", build(tmp_path, "old", OLD))
    assert result.returncode == 0, result.stderr
    assert "3, found under each of their 6 keys" in result.stdout
    assert "every row is in the index" in result.stdout


def test_verify_does_without_a_master_that_is_gone_unless_it_is_named(tmp_path):
    index = build(tmp_path, "old", OLD)
    (tmp_path / "old.csv").rename(tmp_path / "moved.csv")
    result = fixwarden("index", "verify", index)
    assert result.returncode == 0 and "was not compared" in result.stdout
    result = fixwarden("index", "verify", index, "--master", tmp_path / "moved.csv")
    assert result.returncode == 0 and "every row is in the index" in result.stdout
    result = fixwarden("index", "verify", index, "--master", tmp_path / "old.csv")
    assert result.returncode == 74


@pytest.mark.parametrize("change, words", [
    (lambda bytes, at: bytes[:at] + b"!" + bytes[at + 1:], ["damaged"]),
    (lambda bytes, at: bytes[:-4096], ["cut or damaged"]),
    (lambda bytes, at: b"GIF89a" + bytes[6:], ["not a fixwarden index"]),
], ids=["a byte of the first record", "a page less", "another file"])
def test_verify_names_what_is_wrong(tmp_path, change, words):
    index = build(tmp_path, "old", OLD)
    index.write_bytes(change(index.read_bytes(), 4096))
    result = fixwarden("index", "verify", index)
    assert result.returncode == 65
    assert all(word in result.stderr for word in ["index verify", "old.fwx", *words]), result.stderr


def test_verify_names_the_line_of_a_master_that_changed(tmp_path):
    index = build(tmp_path, "old", OLD)
    (tmp_path / "old.csv").write_text(OLD.replace("XETR,EUR", "XETR,CHF"))
    result = fixwarden("index", "verify", index)
    assert result.returncode == 65
    assert "old.csv: line 4: currency: the index has 'EUR', the master 'CHF'" in result.stderr


def test_diff_tells_rows_and_counts_and_ends_as_diff_does(tmp_path):
    old, new = build(tmp_path, "old", OLD), build(tmp_path, "new", NEW)
    result = fixwarden("index", "diff", old, new, "--format", "json")
    assert result.returncode == 1, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["change"], line["key"]) for line in lines[:-1]] == [
        ("changed", "US4592001014"), ("appeared", "US5949181045"), ("vanished", "DE0007164600")]
    assert lines[0]["columns"] == {"mic": ["XNYS", "XLON"]}
    assert lines[-1] == {"appeared": 1, "vanished": 1, "changed": 1, "same": 1, "without_key": 0}
    result = fixwarden("index", "diff", old, new)
    assert result.returncode == 1 and "mic: XNYS -> XLON" in result.stdout
    result = fixwarden("index", "diff", old, old)
    assert result.returncode == 0 and result.stdout.startswith("0 appeared, 0 vanished, 0 changed, 3 are the same")


def test_diff_refuses_a_format_that_it_does_not_have(tmp_path):
    old = build(tmp_path, "old", OLD)
    result = fixwarden("index", "diff", old, old, "--format", "xml")
    assert result.returncode == 64 and "table or json" in result.stderr


def test_lookup_prints_json_with_the_whole_row(tmp_path):
    result = fixwarden("index", "lookup", build(tmp_path, "old", OLD), "ISIN", "us4592001014", "--json", "--row")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["values"] == {"symbol": "IBM", "isin": "US4592001014", "mic": "XNYS", "currency": "USD",
                               "name": "International Business, Machines"}
    assert found["row"] == OLD.splitlines()[2]


def test_info_says_what_the_index_costs(tmp_path):
    index = build(tmp_path, "old", OLD)
    found = json.loads(fixwarden("index", "info", index, "--json").stdout)
    assert found["bytes_a_row"] == pytest.approx(found["record_bytes"] / 3)
    assert found["bytes_a_key"] == pytest.approx(found["table_bytes"] / 6)
    assert found["share_of_masters"] == pytest.approx(index.stat().st_size / len(OLD.encode()))
    text = fixwarden("index", "info", index).stdout
    assert all(word in text for word in ["bytes a row", "bytes a key", "of the masters", found["sources"][0]["digest"]])
