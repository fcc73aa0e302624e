"""pytest plugin: fixtures for a shop's own tests."""
