#!/usr/bin/env python3
"""Prints what fixwarden should find in FIX files, by the independent model beside this file.

    python tests/oracle/oracle.py --master tests/data/master/financedatabase-ASE.csv \
        --fix tests/data/fix/fix2json-100-fix42.dat --profile log --format jsonl
"""

import argparse
import json
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

from check import check_file
from master import read_masters
from settings import settings_of


def main():
    options = arguments()
    master = read_masters(options.master, carry=options.carry)
    settings = settings_of(Path(options.config).read_text() if options.config else "")
    counts, kinds = Counter(), Counter()
    for name in options.fix:
        with open(name, "rb") as file:
            result = check_file(file.read(), options.profile, master, name, settings)
        counts.update(result.counts)
        kinds.update(record["kind"] for record in result.discrepancies)
        kinds.update("dead letter " + record["reason"] for record in result.dead_letters)
        for record in result.discrepancies + result.dead_letters:
            write(record, options.format)
    print(" ".join(f"{name}={counts[name]}" for name in sorted(counts)), file=sys.stderr)
    print(" ".join(f"{name}={kinds[name]}" for name in sorted(kinds)), file=sys.stderr)


def arguments():
    parser = argparse.ArgumentParser(description="The discrepancies that fixwarden should find, for people.")
    parser.add_argument("--master", nargs="+", required=True, help="the security master's CSV files")
    parser.add_argument("--fix", nargs="+", required=True, help="files of FIX messages")
    parser.add_argument("--config", help="an INI file of fixwarden; what is not about the check is passed over")
    parser.add_argument("--profile", choices=("log", "strict"), default="log")
    parser.add_argument("--format", choices=("jsonl", "table", "none"), default="table")
    parser.add_argument("--carry", nargs="*", default=(), help="further columns to show, by their header")
    return parser.parse_args()


def write(record, form):
    if form == "jsonl":
        print(json.dumps(record, default=plain, sort_keys=True))
    elif form == "table":
        print(f"{record['origin']['offset']:>10}  {record.get('severity', ''):8}  "
              f"{record.get('kind') or record['reason']:24}  {record.get('tag', ''):>4}  "
              f"{record.get('observed')!s:20}  {record.get('expected')!s:20}  {record.get('found_by', '')}")


def plain(value):
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value)


if __name__ == "__main__":
    main()
