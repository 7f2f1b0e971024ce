"""MLflow's public module names, one thin file each: `import kirok.exceptions` finds `exceptions.py` here."""
