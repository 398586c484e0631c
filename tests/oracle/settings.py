"""What the user has set, from the text that fixwarden reads, too."""

import configparser
from dataclasses import dataclass, field
from pathlib import Path

import identifiers
import severity
from markets import Markets, operators_of
from symbols import Symbology, renamings_of


@dataclass
class Settings:
    master_version: str = "0" * 16
    rule_set: str = "default"
    references: bool = False
    severities: dict = field(default_factory=lambda: dict(severity.KINDS))  # a kind that is absent is not reported
    steps: dict = field(default_factory=dict)    # step -> severity or off
    rules: list = field(default_factory=list)    # of [severity], in their order
    sources: dict = field(default_factory=dict)  # value of tag 22 -> kind
    short_cusips: str = "report"
    pseudo_cusips: str = "no"
    symbology: Symbology = field(default_factory=Symbology)
    markets: Markets = field(default_factory=Markets)


def settings_of(text, **more):
    """Of an INI text: `=` alone delimits, names are case-sensitive, comments have lines of their own."""
    parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=("#", ";"), empty_lines_in_values=False,
                                          default_section="")
    parser.optionxform = str
    parser.read_string(text)
    sections = {name: dict(parser[name]) for name in parser.sections()}
    rules = sections.get("rules", {})
    return Settings(
        references=rules.get("references", "no") == "yes",
        severities=severities_of(rules),
        steps=with_prefix(rules, "attribute."),
        rules=[severity.rule_of(name, rule) for name, rule in sections.get("severity", {}).items()],
        symbology=symbology_of(sections.get("symbology", {})),
        markets=markets_of(sections.get("exchanges", {})),
        **identifiers_of(sections.get("identifiers", {})), **more)


def with_prefix(section, prefix):
    return {name.removeprefix(prefix): value for name, value in section.items() if name.startswith(prefix)}


def in_bytes(pairs):
    return {name.encode(): value for name, value in pairs.items()}


def severities_of(section):
    said = {kind: section.get(kind, level) for kind, level in severity.KINDS.items()}
    return {kind: level for kind, level in said.items() if level != "off"}


def identifiers_of(section):
    kinds = {code: identifiers.BY_NAME[kind] for code, kind in with_prefix(section, "source.").items()}
    return {"sources": in_bytes(kinds), "short_cusips": section.get("short_cusips", "report"),
            "pseudo_cusips": section.get("pseudo_cusips", "no")}


def symbology_of(section):
    renamings = renamings_of(Path(section["renames"]).read_text()) if "renames" in section else []
    found = Symbology(section.get("master"), *(in_bytes(with_prefix(section, prefix))
                                               for prefix in ("session.", "topic.", "mic.")), renamings)
    if (found.sessions or found.topics or found.mics) and found.master is None:
        raise ValueError("conventions for messages without one for the master")
    return found


def markets_of(section):
    aliases = {name: mic.encode() for name, mic in in_bytes(with_prefix(section, "alias.")).items()}
    return Markets(aliases, operators_of(Path(section["mics"]).read_text()) if "mics" in section else None)
