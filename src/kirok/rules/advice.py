"""What mends the ways in which a tracking server is missed: each sentence once, for errors at run time and for
`kirok doctor` alike.
"""

import shlex

CHECK_ADDRESS = "Check the address, wherever it was given: a command, set_tracking_uri() or MLFLOW_TRACKING_URI."
CHECK_KIND = f"Is this an MLflow or kirok tracking server? {CHECK_ADDRESS}"
ACCOUNT = "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
TOKEN = "MLFLOW_TRACKING_TOKEN"  # noqa: S105 - the name of a setting
SIGN_IN = f"Set {ACCOUNT}, or {TOKEN}."
TRUST_CERTIFICATE = "MLFLOW_TRACKING_SERVER_CERT_PATH"
"""The setting that names the certificates of an authority of one's own."""
LARGER_REQUESTS = "Something before the server limits the size of requests; raise that limit."


def run_doctor(address: str) -> str:
    """Where to look next. `address` holds no credentials."""
    return f"`kirok doctor {shlex.quote(address)}` checks each step."


def insecure_connection(address: str) -> str:
    """The mend of a TLS connection that did not come about, whichever the cause."""
    plain = "http" + address.removeprefix("https")
    return (
        f"For a certificate of your own authority set {TRUST_CERTIFICATE} to its PEM file; for a server without TLS "
        f"write {plain}."
    )


def redirected(target: str) -> str:
    """The mend of an address that only points elsewhere."""
    return f"Set MLFLOW_TRACKING_URI to where it leads ({target})."
