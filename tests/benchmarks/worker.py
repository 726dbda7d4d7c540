"""The far side of `harness.Worker`: holds contenders, and lets one take its turn when told.

Reads a JSON object a line from standard input and answers each with one; what the
libraries print goes to standard error. A contender is what a function of a module in
contenders/ returns: `cold()` does what only the first use does, `turn(round_number)`
returns a measurement (seconds, bytes or a fraction), `facts()` what else to tell.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from typing import Any

from contenders.base import Contender


def answer(contenders: dict[str, Contender], request: dict[str, Any]) -> Any:
    match request["do"]:
        case "import":
            importlib.import_module(request["module"])
            return None
        case "load":
            module = importlib.import_module(request["module"])
            contender = getattr(module, request["function"])(**request["options"])
            contenders[request["key"]] = contender
            return contender.cold()
        case "turn":
            return contenders[request["key"]].turn(request["round"])
        case "facts":
            return contenders[request["key"]].facts()
        case "drop":
            contenders.pop(request["key"], None)
            return None
    raise ValueError(f"`do` must be a step of a contender. Received: {request}")


def main() -> None:
    # The answers' own channel: whatever else prints must not get in between.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    contenders: dict[str, Contender] = {}
    for line in sys.stdin:
        try:
            reply = {"value": answer(contenders, json.loads(line))}
        except Exception:
            reply = {"error": traceback.format_exc()}
        answers.write(json.dumps(reply) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
