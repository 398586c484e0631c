"""Fixtures of every test against a real broker.

    cluster            a KafkaCluster of one broker, shared by the whole run: make topics of your own, leave it up
    registry           a schema registry, shared likewise
    refusing_registry  one that answers every registration with 409, as an incompatible schema gets
    topic_name         a function: a topic name nobody else has, topic_name("fix") -> "test_x-fix-3"

A test that stops or kills brokers makes a KafkaCluster of its own, and is marked chaos if it takes long.
"""

import itertools
import logging
import re

import pytest

from cluster import KafkaCluster
from registry import Registry


def pytest_configure(config):
    # kafka-python reports every refused connection; a test that kills brokers would print thousands of lines.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    config.addinivalue_line("markers", "chaos: kills brokers or processes again and again; only tests/run --chaos runs it")
    config.addinivalue_line("markers", "bench: measures; only tests/run --bench runs it")


@pytest.fixture(scope="session")
def cluster():
    with KafkaCluster(brokers=1) as one_broker:
        yield one_broker


@pytest.fixture(scope="session")
def registry():
    with Registry() as accepting:
        yield accepting


@pytest.fixture(scope="session")
def refusing_registry():
    with Registry(refuse=409) as refusing:
        yield refusing


@pytest.fixture(scope="session")
def numbers():
    return itertools.count(1)


@pytest.fixture
def topic_name(request, numbers):
    test = re.sub(r"[^A-Za-z0-9._-]", "_", request.node.name)

    def unique(word="topic"):
        return f"{test}-{word}-{next(numbers)}"

    return unique
