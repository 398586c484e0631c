"""The commands about an index, from the command line: no broker is needed."""

import gzip
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


def test_a_packed_master_is_indexed_and_its_whole_rows_are_refused(tmp_path):
    plain = build(tmp_path, "old", OLD)
    (tmp_path / "old.csv.gz").write_bytes(gzip.compress(OLD[:60].encode()) + gzip.compress(OLD[60:].encode()))
    index = tmp_path / "packed.fwx"
    result = fixwarden("index", "build", "--master", tmp_path / "old.csv.gz", "--index", index, "--carry", "name")
    assert result.returncode == 0, result.stderr
    assert "packed (gzip)" in result.stdout and "whole rows cannot be shown" in result.stdout
    (source,) = json.loads(fixwarden("index", "info", index, "--json").stdout)["sources"]
    assert (source["packing"], source["whole_rows"], source["text_bytes"]) == ("gzip", False, len(OLD))
    assert source["bytes"] == (tmp_path / "old.csv.gz").stat().st_size
    assert fixwarden("index", "diff", plain, index).returncode == 0
    assert fixwarden("index", "verify", index).returncode == 0
    result = fixwarden("index", "lookup", index, "SYMBOL", "IBM")
    assert result.returncode == 0 and f"byte {OLD.index('IBM')}" in result.stdout
    result = fixwarden("index", "lookup", index, "SYMBOL", "IBM", "--row")
    assert result.returncode == 65 and "is packed (gzip), so that a whole row cannot be read" in result.stderr


FRAMED = "title\n# c\nSTART-OF-DATA\n" + OLD.replace(",", "|").replace("IBM|", '# "no row|\nIBM|', 1) + "T|3\nEND-OF-DATA\nX\n"
FRAME = ["--delimiter", "pipe", "--skip-lines", "1", "--comment", "#", "--data-start", "START-OF-DATA", "--data-end",
         "END-OF-DATA", "--trailer", "T|"]


def test_lines_that_are_no_rows_are_remembered(tmp_path):
    master, index = tmp_path / "framed.txt", tmp_path / "framed.fwx"
    master.write_text(FRAMED)
    result = fixwarden("index", "build", "--master", master, "--index", index, *FRAME)
    assert result.returncode == 0, result.stderr
    told = json.loads(fixwarden("index", "info", index, "--json").stdout)
    assert told["rows"] == 3
    assert told["format_of_sources"] == {"encoding": "auto", "skip_lines": 1, "comment": "#", "trailer": "T|",
                                         "data_start": "START-OF-DATA", "data_end": "END-OF-DATA"}
    result = fixwarden("index", "verify", index)
    assert result.returncode == 0, result.stderr
    result = fixwarden("index", "lookup", index, "SYMBOL", "IBM", "--row")
    assert result.stdout.splitlines()[-1] == FRAMED.splitlines()[6]
    version = told["version"]
    master.write_text(FRAMED.replace("T|3", "T|4"))
    result = fixwarden("index", "build", "--master", master, "--index", index, *FRAME)
    assert result.returncode == 65 and "the trailer 'T|4' counts 4 rows, and there are 3" in result.stderr
    assert json.loads(fixwarden("index", "info", index, "--json").stdout)["version"] == version


def test_latin1_is_utf8_from_the_index_on(tmp_path):
    master, index = tmp_path / "latin.csv", tmp_path / "latin.fwx"
    master.write_bytes("symbol,isin,stra\xdfe\nA,US0378331005,Z\xfcrich\n".encode("latin-1"))
    result = fixwarden("index", "build", "--master", master, "--index", index, "--encoding", "latin-1", "--carry", "stra\xdfe")
    assert result.returncode == 0, result.stderr
    found = json.loads(fixwarden("index", "lookup", index, "SYMBOL", "A", "--json").stdout)
    assert found["values"]["stra\xdfe"] == "Z\xfcrich"
    assert b"Z\xc3\xbcrich" in index.read_bytes()
    assert fixwarden("index", "verify", index).returncode == 0
    result = fixwarden("index", "build", "--master", master, "--index", index, "--encoding", "utf-8")
    assert result.returncode == 65 and "line 1: the header is not valid UTF-8" in result.stderr


def listing(rows):
    return "symbol,currency\n" + "".join(f"S{n},USD\n" for n in range(rows))


def many(folder, name, rows):
    master, index = folder / f"{name}.csv", folder / f"{name}.fwx"
    master.write_text(listing(rows))
    assert fixwarden("index", "build", "--master", master, "--index", index).returncode == 0
    return index


def version_of(index):
    return json.loads(fixwarden("index", "info", index, "--json").stdout)["version"]


def test_adopt_refuses_what_differs_too_much_and_says_in_what(tmp_path):
    index, candidate = many(tmp_path, "all", 2000), many(tmp_path, "few", 100)
    version = version_of(index)
    result = fixwarden("index", "adopt", "--index", index, candidate)
    assert result.returncode == 65
    assert "100 rows where there were 2000" in result.stderr and "--force" in result.stderr
    assert version_of(index) == version and candidate.exists()
    assert not (tmp_path / "all.fwx.forced").exists()


def test_adopt_takes_what_was_refused_by_default_and_forces_only_when_told(tmp_path):
    index = many(tmp_path, "all", 2000)
    many(tmp_path, "like", 1990).rename(tmp_path / "all.fwx.refused")
    result = fixwarden("index", "adopt", "--index", index)
    assert result.returncode == 0, result.stderr
    assert not (tmp_path / "all.fwx.forced").exists()
    few = many(tmp_path, "few", 100)
    version = version_of(few)
    assert fixwarden("index", "adopt", "--force", "--index", index, few).returncode == 0
    assert version_of(index) == version and not few.exists()
    assert (tmp_path / "all.fwx.forced").read_text() == version


def kept(folder, index, since):
    """As a running fixwarden keeps it."""
    versions = folder / "all.fwx.versions"
    versions.mkdir(exist_ok=True)
    place = versions / f"{since}-{version_of(index)}.fwx"
    place.hardlink_to(index)
    return place


def test_adopt_of_what_stands_in_the_place_is_held_against_what_was_kept(tmp_path):
    index = many(tmp_path, "all", 2000)
    kept(tmp_path, index, "20261125T060000.000Z")
    many(tmp_path, "few", 100).replace(index)  # delivered there, and refused by whoever watches
    result = fixwarden("index", "adopt", "--index", index, index)
    assert result.returncode == 65 and "100 rows where there were 2000" in result.stderr
    assert fixwarden("index", "adopt", "--force", "--index", index, index).returncode == 0


def test_versions_tells_since_when_each_was_in_force_and_what_is_wrong(tmp_path):
    index = many(tmp_path, "all", 2000)
    kept(tmp_path, index, "20261124T060000.000Z")
    many(tmp_path, "next", 2001).replace(index)
    kept(tmp_path, index, "20261125T060000.000Z")
    lines = fixwarden("index", "versions", "--index", index).stdout.splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("2026-11-24T06:00:00") and " 2000 " in lines[1] and lines[1].endswith("kept")
    assert lines[2].startswith("2026-11-25T06:00:00") and " 2001 " in lines[2] and lines[2].endswith("in its place")
    (tmp_path / "all.fwx.versions" / f"20261124T060000.000Z-{'0' * 16}.fwx").write_text("nonsense")
    assert "is not a fixwarden index" in fixwarden("index", "versions", "--index", index).stdout


def test_versions_and_adopt_want_an_index(tmp_path):
    assert fixwarden("index", "versions").returncode == 64
    assert fixwarden("index", "adopt").returncode == 64
