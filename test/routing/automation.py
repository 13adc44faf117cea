"""What an automation of Home Assistant would do with one webhook call, as far as plain Jinja2 can say.

Not Home Assistant: it knows `repeat: for_each:` over a template and actions with templates in their data, renders with the sandboxed
Jinja2 environment that Home Assistant builds on, and takes a result for a Python literal where it is one, as Home Assistant does.
stdin: {"actions": [...], "json": {...}}; stdout: the actions that would be called, as JSON.
"""
import ast
import json
import sys

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)


def render(value, variables):
    if isinstance(value, dict):
        return {key: render(one, variables) for key, one in value.items()}
    if isinstance(value, list):
        return [render(one, variables) for one in value]
    if not isinstance(value, str) or "{" not in value:
        return value
    text = environment.from_string(value).render(variables).strip()
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError):
        return text


def run(actions, variables):
    for action in actions:
        if "repeat" in action:
            items = render(action["repeat"]["for_each"], variables)
            if not isinstance(items, list):
                sys.exit(f"for_each: got {items!r}, want a list")
            for item in items:
                yield from run(action["repeat"]["sequence"], {**variables, "repeat": {"item": item}})
        elif "action" in action:
            yield {"action": action["action"], "data": render(action["data"], variables)}
        else:
            sys.exit(f"an action that this does not know: {sorted(action)}")


call = json.load(sys.stdin)
print(json.dumps(list(run(call["actions"], {"trigger": {"json": call["json"]}}))))
