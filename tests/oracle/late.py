"""What is published of a record in the end when the master comes late (README.md, "Late reference data").

Versions of the master are asked in the order in which they are adopted. An UNKNOWN_SECURITY waits; all else that the first version says is
published at once. An instrument is settled by the first later version that leaves none of its waiting discrepancies: what that version says
of it, beyond what was published or waited for, is published. What is left at the end of the grace is what the last version says.
"""

from check import check_record


def instrument_of(record):
    return record["origin"]["message"], record["instrument"]["role"], record["instrument"]["position"]


def message_of(record):
    return record["origin"]["message"]


class Late:
    """One record, from its check by the first version on."""

    def __init__(self, value, profile, origin, rows, settings):
        self.value, self.profile, self.origin = value, profile, origin
        found = check_record(value, profile, rows, origin, settings).discrepancies
        self.waiting = [one for one in found if one["kind"] == "UNKNOWN_SECURITY"]
        self.published = [one for one in found if one["kind"] != "UNKNOWN_SECURITY"]
        self.keys = {message_of(one): one["id"] for one in reversed(self.waiting)}  # each message's is that of its first
        self.told = {one["id"] for one in found}

    def keys_left(self):
        """The ids under which its messages wait."""
        return {self.keys[message_of(one)] for one in self.waiting}

    def ask(self, rows, settings):
        self._settle(rows, settings, lambda held, now: not any(one["id"] in held for one in now), None)

    def end(self, rows, settings, until):
        """The grace is over; `rows` are those of the last version."""
        self._settle(rows, settings, lambda held, now: True, (self.origin["timestamp"], until))

    def _settle(self, rows, settings, is_settled, times):
        if not self.waiting:
            return
        found = check_record(self.value, self.profile, rows, self.origin, settings).discrepancies
        for instrument in dict.fromkeys(map(instrument_of, self.waiting)):
            held = {one["id"] for one in self.waiting if instrument_of(one) == instrument}
            now = [one for one in found if instrument_of(one) == instrument]
            if not is_settled(held, now):
                continue
            self.waiting = [one for one in self.waiting if instrument_of(one) != instrument]
            self.published += [one for one in now if one["id"] not in self.told]
            self.published += [{**one, "unknown_since": times[0], "unknown_until": times[1]} for one in now if one["id"] in held]
