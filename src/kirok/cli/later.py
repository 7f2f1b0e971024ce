"""What MLflow's command line has and this version has not yet: known by name, answered in one line, never ignored."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

COMMANDS = {
    "agent": "coding-agent integrations",
    "ai-commands": "AI commands",
    "assistant": "the trace assistant",
    "autolog": "autologging commands",
    "crypto": "encryption of secrets",
    "datasets": "evaluation datasets",
    "demo": "demo data (`make serve` in kirok's repository has some)",
    "deployments": "deployments",
    "mcp": "an MCP server",
    "models": "serving models",
    "run": "running projects",
    "sagemaker": "SageMaker deployments",
    "scorers": "scorers",
    "skills": "skills",
    "traces": "traces",
}
"""Commands of MLflow, each with what it is about."""

_OPTIONS = (
    ("--read-replica-backend-store-uri", "READ_REPLICA_BACKEND_STORE_URI", "reads go to --backend-store-uri"),
    ("--gunicorn-opts", "GUNICORN_OPTS", "kirok runs its own server; TLS and timeouts belong in a proxy before it"),
    ("--waitress-opts", "", "kirok runs its own server; TLS and timeouts belong in a proxy before it"),
    ("--uvicorn-opts", "UVICORN_OPTS", "kirok runs its own server; TLS and timeouts belong in a proxy before it"),
    ("--expose-prometheus", "EXPOSE_PROMETHEUS", "GET /health says whether the server is up"),
    ("--app-name", "", "there is no login yet: let a proxy before the server ask for one"),
    ("--trace-archival-config", "TRACE_ARCHIVAL_CONFIG", "this version stores no traces"),
    ("--workspace-store-uri", "WORKSPACE_STORE_URI", "run one server per workspace"),
)
_SWITCHES = (
    ("--dev", "", "restart the server after a change"),
    ("--enable-workspaces/--disable-workspaces", "ENABLE_WORKSPACES", "run one server per workspace"),
)
# They tune something this version does not do, so going on without them does what was asked.
_WITHOUT_EFFECT = (
    ("--secrets-cache-ttl", "this version keeps no secrets"),
    ("--secrets-cache-max-size", "this version keeps no secrets"),
)


def names(setting: str) -> list[str]:
    """The environment variables of a setting, the one that wins first."""
    return [f"KIROK_{setting}", f"MLFLOW_{setting}"]


def server_options(command: Command) -> Command:
    """Add MLflow's server options that this version lacks; giving one ends the command with the reason."""
    for option, setting, instead in reversed(_OPTIONS):
        command = click.option(
            option,
            envvar=names(setting) if setting else None,
            expose_value=False,
            callback=_refuse(instead),
            help=f"Not in this version: {instead}.",
        )(command)
    for option, setting, instead in reversed(_SWITCHES):
        command = click.option(
            option,
            is_flag=True,
            default=False,
            envvar=names(setting) if setting else None,
            expose_value=False,
            callback=_refuse(instead),
            help=f"Not in this version: {instead}.",
        )(command)
    for option, why in reversed(_WITHOUT_EFFECT):
        command = click.option(
            option, expose_value=False, callback=_warn(why), help=f"Accepted without effect: {why}."
        )(command)
    return command


def refusal(command: str) -> click.ClickException:
    """The answer to a command of MLflow that this version lacks."""
    return click.ClickException(
        f"`kirok {command}` is not in this version yet ({COMMANDS[command]}). "
        f"`mlflow {command}` works on the same database."
    )


def _refuse(instead: str) -> Callable[[click.Context, click.Parameter, object], None]:
    def callback(ctx: click.Context, option: click.Parameter, value: object) -> None:
        if value:
            raise click.ClickException(f"{_given(ctx, option)} is not in this version of kirok yet: {instead}.")

    return callback


def _warn(why: str) -> Callable[[click.Context, click.Parameter, object], None]:
    def callback(ctx: click.Context, option: click.Parameter, value: object) -> None:
        if value is not None:
            click.echo(f"Warning: {_given(ctx, option)} has no effect: {why}.", err=True)

    return callback


def _given(ctx: click.Context, option: click.Parameter) -> str:
    """The option as the user gave it: by name, or by the variable that holds it."""
    if option.name and ctx.get_parameter_source(option.name) is click.core.ParameterSource.ENVIRONMENT:
        variables = option.envvar if isinstance(option.envvar, list) else [option.envvar]
        return next(str(name) for name in variables if name and os.environ.get(str(name)))
    return option.opts[0]
