"""The checks in their order, and how a failure keeps those behind it from being tried."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from kirok.base.errors import KirokError
from kirok.client.doctor import (
    address,
    artifacts,
    direct,
    encryption,
    environment,
    local_store,
    locations,
    server,
    store,
    surroundings,
)
from kirok.client.doctor.case import DEFAULT, Case, Surroundings, Target
from kirok.client.doctor.findings import Finding, Outcome, Status, failed, skipped
from kirok.client.tracking_uri import default_tracking_uri

TIMEOUT_S = 5.0

Findings = Finding | Sequence[Finding] | None


class Check(Struct, frozen=True):
    """One thing to be tried."""

    name: str
    leg: str
    """The part of the way that it belongs to."""
    run: Callable[[Case], Findings]
    """What is found; None or nothing where the check has no meaning here."""
    needs: tuple[str, ...] = ()
    """Checks without whose success this one could only fail."""


AROUND = (
    Check("versions", "this machine", surroundings.check_versions),
    Check("settings", "this machine", address.check_settings),
    Check("variables", "this machine", environment.check_variables),
    Check("files", "this machine", surroundings.check_settings_files),
    Check("neighbours", "this machine", surroundings.check_neighbours),
)

SERVER = (
    Check("address", "network", address.check_address, ("settings",)),
    Check("proxy", "network", address.check_proxy, ("address",)),
    Check("name", "network", address.check_name, ("proxy",)),
    Check("connection", "network", address.check_connection, ("name",)),
    Check("encryption", "network", encryption.check_encryption, ("connection",)),
    Check("answer", "server", server.check_answer, ("encryption",)),
    Check("host check", "server", server.check_host, ("answer",)),
    Check("sign-in", "server", server.check_sign_in, ("host check",)),
    Check("server", "server", server.check_api, ("sign-in",)),
    Check("clock", "server", server.check_clock, ("host check",)),
    Check("health", "server", server.check_health, ("server",)),
    Check("experiments", "records", store.check_experiments, ("server",)),
    Check("write", "records", store.check_write, ("experiments",)),
)

LOCAL = (
    Check("address", "store", local_store.check_address, ("settings",)),
    Check("room", "store", local_store.check_room, ("address",)),
    Check("store", "store", local_store.check_place, ("address",)),
    Check("write", "records", local_store.check_write, ("store",)),
    Check("experiments", "records", local_store.check_experiments, ("store",)),
)

FILES = (
    Check("credentials", "artifacts", artifacts.check_credentials, ("experiments",)),
    Check("artifacts", "artifacts", artifacts.check_files, ("experiments",)),
    Check("direct", "artifacts", direct.check_direct, ("artifacts",)),
    Check("locations", "artifacts", locations.check_locations, ("experiments",)),
)


def target_of(uri: str | None, env: Mapping[str, str], folder: Path) -> Target:
    """What is examined: `uri`, else what the environment names, else what would be used without either."""
    if uri is not None:
        return Target(uri, "the command line")
    for name in ("KIROK_TRACKING_URI", "MLFLOW_TRACKING_URI"):
        if env.get(name):
            return Target(env[name], name)
    return Target(default_tracking_uri(folder), DEFAULT)


def examine(uri: str | None = None, *, timeout_s: float = TIMEOUT_S) -> Iterator[Outcome]:
    """What each check finds, as it is found. Nothing is changed that is not changed back; raises nothing.

    `timeout_s` is how long one step may take before it counts as failed.
    """
    env = dict(os.environ)
    case = Case(target_of(uri, env, Path.cwd()), Surroundings(env, Path.cwd(), Path.home()), timeout_s)
    is_server = case.target.is_server or (address.mistaken(case.target.uri) or "").startswith("http")
    checks = (*AROUND, *(SERVER if is_server else LOCAL), *FILES)
    try:
        yield from tried(case, checks)
    finally:
        case.close()


def tried(case: Case, checks: Sequence[Check]) -> Iterator[Outcome]:
    """The outcomes of `checks` in their order. One that needs a check without success is not tried."""
    stopped: dict[str, str] = {}
    for check in checks:
        reason = next((stopped[name] for name in check.needs if name in stopped), None)
        if reason is not None:
            stopped[check.name] = reason
            yield Outcome(check.name, check.leg, skipped(reason))
            continue
        for finding in _findings(check, case):
            if finding.status is Status.FAILED:
                stopped[check.name] = f"{check.name!r} failed"
            elif finding.status is Status.SKIPPED:
                stopped.setdefault(check.name, f"{check.name!r} was not checked")
            yield Outcome(check.name, check.leg, finding)


def _findings(check: Check, case: Case) -> Sequence[Finding]:
    try:
        found = check.run(case)
    except KirokError as error:
        return [failed(error.message, "see above")]
    except OSError as error:
        return [failed(f"this machine refuses: {error}", "let this account do it")]
    except Exception as error:  # a defect of one check must not hide what the others find
        kind = f"{type(error).__module__}.{type(error).__name__}"
        return [failed(f"the check itself broke off ({kind})", "report this as a defect of kirok, with `--json`")]
    if found is None:
        return []
    return [found] if isinstance(found, Finding) else found
