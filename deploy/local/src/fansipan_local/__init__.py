"""Fansipan's embedded local stack.

from fansipan_local import Ports, Stack

stack = Stack.at(Path("/tmp/test-stack"), ports=Ports.free(), services=False)
stack.up()
stack.env["DATABASE_URL"]
stack.down()
"""

from fansipan_local.errors import StackError
from fansipan_local.ports import Ports
from fansipan_local.stack import Stack
from fansipan_local.status import PartStatus

__all__ = ["PartStatus", "Ports", "Stack", "StackError"]
