"""Identifiers and names that kirok makes up."""

import secrets

from kirok.base.clock import now_ms

# Short, friendly words: a name is read aloud in meetings and typed into filters.
_QUALITIES = (
    "able agile amber apt ardent autumn azure balmy bold brave breezy bright brisk calm candid capable "
    "careful clean clear clever cobalt coral cosmic crisp curious dapper daring deft eager early earnest "
    "easy fair fast fine fleet fond frank fresh gentle glad golden grand green handy happy hardy honest "
    "humble indigo ivory jade jolly keen kind lively loyal lucid lucky lunar mellow merry mild misty neat "
    "nimble noble olive open patient plucky polite proud pure quick quiet rapid ready rosy ruby sage serene "
    "sharp silver sleek smart smooth snowy solar solid spry steady stellar still sunny sure swift tidy true "
    "upbeat valiant violet vivid warm whole wise witty young zesty"
).split()
_CREATURES = (
    "albatross alpaca antelope badger bear beaver bison bluejay bobcat buffalo camel caribou cat cheetah "
    "cobra condor coyote crab crane crow deer dolphin dove dragonfly duck eagle egret elk falcon ferret "
    "finch fox frog gazelle gecko goat goose grouse gull hare hawk hedgehog heron horse ibex ibis jackal "
    "jaguar jay kestrel kite kiwi koala lark lemur leopard lion llama lobster lynx magpie marten mink mole "
    "moose moth mouse newt octopus orca osprey otter owl panda panther parrot pelican penguin pigeon pike "
    "puffin puma quail rabbit raven robin salmon seal shark shrew sloth snail sparrow squid stag starling "
    "stork swallow swan swift tapir tern tiger toad toucan trout turtle viper vole walrus weasel whale "
    "wolf wren yak zebra"
).split()


def new_id() -> str:
    """32 lower-case hex digits, as MLflow's run, dataset and edge ids have, beginning with the time (UUID version 7).

    MLflow's primary keys hold (key, run id): with ids at random, each value of a new run lands on a page of its own;
    in the order of time, runs that begin together share pages (docs/decisions/2026-11-21-ids-in-order-of-time.md).
    """
    chance = secrets.randbits(74)
    number = now_ms() << 80 | 0x7 << 76 | (chance >> 62) << 64 | 0b10 << 62 | chance & (1 << 62) - 1
    return f"{number:032x}"


def new_run_name() -> str:
    """A name for a run that was given none, such as `brisk-heron-417`."""
    return f"{secrets.choice(_QUALITIES)}-{secrets.choice(_CREATURES)}-{secrets.randbelow(1000)}"
