"""Fixtures for all tests."""

pytest_plugins = ["tests.servers.fixtures", "tests.servers.replay", "tests.core.colours"]
