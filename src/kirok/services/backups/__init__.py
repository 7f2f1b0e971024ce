"""Backups: everything a store holds in one file, checked before it is trusted."""
