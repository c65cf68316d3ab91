"""Hostile and unlucky submissions, one a file; `battery.py` says what a file holds."""
