"""The data dictionaries of QuickFIX (FIX40.xml to FIX50SP2.xml): what each message may hold, level by level.

They are not part of this project. tests/run fetches the source package that holds them; FIXWARDEN_DICTIONARIES names
another folder with the files.
"""

import os
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

CACHE = Path(os.environ.get("FIXWARDEN_TEST_CACHE", Path.home() / ".cache" / "fixwarden-tests"))
FOLDER = Path(os.environ.get("FIXWARDEN_DICTIONARIES", CACHE / "dictionaries"))

# Name of the file -> BeginString, and ApplVerID where it comes over FIXT.
VERSIONS = {"FIX40": ("FIX.4.0", "2"), "FIX41": ("FIX.4.1", "3"), "FIX42": ("FIX.4.2", "4"),
            "FIX43": ("FIX.4.3", "5"), "FIX44": ("FIX.4.4", "6"),
            "FIX50": ("FIX.5.0", "7"), "FIX50SP1": ("FIX.5.0SP1", "8"), "FIX50SP2": ("FIX.5.0SP2", "9")}


@dataclass
class Level:
    """What the body, or an entry of a group, may hold itself."""
    fields: dict = field(default_factory=dict)  # tag -> name, in the order of the dictionary
    groups: dict = field(default_factory=dict)  # the counter's tag -> Level

    def tags(self):
        """All tags at this level and below, each as often as it may occur at a place of its own."""
        yield from self.fields
        for counter, level in self.groups.items():
            yield counter
            yield from level.tags()


def is_there():
    return all((FOLDER / f"{version}.xml").is_file() for version in VERSIONS)


def load(version):
    """MsgType -> Level."""
    root = ElementTree.parse(FOLDER / f"{version}.xml").getroot()
    numbers = {one.get("name"): int(one.get("number")) for one in root.find("fields")}
    components = {one.get("name"): one for one in root.find("components") or ()}

    def read(node, level):
        for child in node:
            name = child.get("name")
            if child.tag == "field":
                level.fields[numbers[name]] = name
            elif child.tag == "component":
                read(components[name], level)
            elif child.tag == "group":
                read(child, level.groups.setdefault(numbers[name], Level()))
        return level

    return {one.get("msgtype"): read(one, Level()) for one in root.find("messages")}
