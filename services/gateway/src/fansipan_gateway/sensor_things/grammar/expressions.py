"""Expressions of `$filter` and `$orderby`: a Pratt parser.

Operators bind, from weak to strong: `or`, `and`, `eq ne in`, `gt ge lt le`, `add sub`, `mul div mod`, `not`. Of
equal ones the left is first.
"""

from typing import Final

from fansipan_gateway.sensor_things.faults import BadSyntax, shorten
from fansipan_gateway.sensor_things.grammar.constants import constant_of, is_constant, word
from fansipan_gateway.sensor_things.grammar.syntax import (
    Call,
    Expression,
    Literal,
    Not,
    Operation,
    OrderKey,
    Path,
)
from fansipan_gateway.sensor_things.grammar.tokens import Token, TokenKind, tokens_of

_MAX_DEPTH: Final = 40
_MAX_NODES: Final = 400
_MAX_ORDER_KEYS: Final = 8
_BINDING: Final = {
    "or": 1,
    "and": 2,
    "eq": 3,
    "ne": 3,
    "in": 3,
    "gt": 4,
    "ge": 4,
    "lt": 4,
    "le": 4,
    "add": 5,
    "sub": 5,
    "mul": 6,
    "div": 6,
    "mod": 6,
}
_NOT_BINDS: Final = 7
_CONSTANTS: Final = frozenset(
    {
        TokenKind.STRING,
        TokenKind.NUMBER,
        TokenKind.INSTANT,
        TokenKind.INTERVAL,
        TokenKind.DATE,
        TokenKind.TIME,
        TokenKind.TYPED,
    }
)


def parse_filter(text: str, *, option: str = "$filter", begin: int = 0, end: int | None = None) -> Expression:
    """The expression in `text[begin:end]`.

    Raises:
        BadSyntax: says where, and what is wanted there.
    """
    parser = _Parser(option, text, begin, len(text) if end is None else end)
    expression = parser.expression(0)
    parser.finish("and, or, a comparison or the end")
    return expression


def parse_orderby(
    text: str, *, option: str = "$orderby", begin: int = 0, end: int | None = None
) -> tuple[OrderKey, ...]:
    """The sort keys in `text[begin:end]`: `name asc,properties/height desc`.

    Raises:
        BadSyntax: says where, and what is wanted there.
    """
    parser = _Parser(option, text, begin, len(text) if end is None else end)
    keys = [parser.order_key()]
    while parser.accept(TokenKind.COMMA):
        keys.append(parser.order_key())
        if len(keys) > _MAX_ORDER_KEYS:
            raise BadSyntax(option, begin, f"sort by at most {_MAX_ORDER_KEYS} keys")
    parser.finish("a comma, asc, desc or the end")
    return tuple(keys)


class _Parser:
    def __init__(self, option: str, text: str, begin: int, end: int) -> None:
        self._option = option
        self._tokens = tokens_of(option, text, begin, end)
        self._next = next(self._tokens)
        self._depth = 0
        self._nodes = 0

    def expression(self, weakest: int) -> Expression:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise BadSyntax(self._option, self._next.at, f"nested deeper than {_MAX_DEPTH}: simplify this")
        left = self._operand()
        while (operator := self._operator()) is not None and _BINDING[operator] > weakest:
            at = self._take().at
            if operator == "in":
                left = self._one_of(left, at)
            else:
                left = Operation(operator, left, self.expression(_BINDING[operator]), self._count(at))
        self._depth -= 1
        return left

    def order_key(self) -> OrderKey:
        expression = self.expression(0)
        direction = self._next.text.lower() if self._next.kind is TokenKind.NAME else ""
        if direction in ("asc", "desc"):
            self._take()
        return OrderKey(expression, direction == "desc")

    def accept(self, kind: TokenKind) -> bool:
        if self._next.kind is not kind:
            return False
        self._take()
        return True

    def finish(self, wanted: str) -> None:
        if self._next.kind is not TokenKind.END:
            raise self._unexpected(wanted)

    def _operand(self) -> Expression:
        token = self._next
        if token.kind in _CONSTANTS:
            self._take()
            return Literal(constant_of(self._option, token), self._count(token.at))
        if token.kind is TokenKind.OPEN:
            self._take()
            inner = self.expression(0)
            self._expect(TokenKind.CLOSE)
            return inner
        if token.kind is TokenKind.NAME:
            self._take()
            if token.text.lower() == "not":
                return Not(self.expression(_NOT_BINDS), self._count(token.at))
            if self.accept(TokenKind.OPEN):
                return Call(token.text.lower(), self._arguments(), self._count(token.at))
            if is_constant(token.text):
                return Literal(word(token.text), self._count(token.at))
            return self._path(token)
        raise self._unexpected("a property, a constant, a function, not or (")

    def _path(self, first: Token) -> Path:
        segments = [first.text]
        while self.accept(TokenKind.SLASH):
            segments.append(self._expect(TokenKind.NAME).text)
        return Path(tuple(segments), self._count(first.at))

    def _arguments(self) -> tuple[Expression, ...]:
        if self.accept(TokenKind.CLOSE):
            return ()
        arguments = [self.expression(0)]
        while self.accept(TokenKind.COMMA):
            arguments.append(self.expression(0))
        self._expect(TokenKind.CLOSE)
        return tuple(arguments)

    def _one_of(self, left: Expression, at: int) -> Expression:
        """`id in (1,2)` is `id eq 1 or id eq 2`."""
        if not isinstance(left, Path):
            raise BadSyntax(self._option, at, "in is for properties: write PROPERTY in (value,value)")
        self._expect(TokenKind.OPEN)
        options = self._arguments()
        if not options:
            raise BadSyntax(self._option, at, "in (…) needs at least one value")
        found: Expression = Operation("eq", left, options[0], self._count(at))
        for option in options[1:]:
            found = Operation("or", found, Operation("eq", left, option, self._count(at)), self._count(at))
        return found

    def _operator(self) -> str | None:
        name = self._next.text.lower()
        return name if self._next.kind is TokenKind.NAME and name in _BINDING else None

    def _count(self, at: int) -> int:
        self._nodes += 1
        if self._nodes > _MAX_NODES:
            raise BadSyntax(self._option, at, f"more than {_MAX_NODES} parts: simplify this")
        return at

    def _take(self) -> Token:
        token = self._next
        if token.kind is not TokenKind.END:
            self._next = next(self._tokens)
        return token

    def _expect(self, kind: TokenKind) -> Token:
        if self._next.kind is not kind:
            raise self._unexpected(kind.value)
        return self._take()

    def _unexpected(self, wanted: str) -> BadSyntax:
        found = "the end" if self._next.kind is TokenKind.END else shorten(self._next.text)
        return BadSyntax(self._option, self._next.at, f"{wanted} is wanted here, not {found}")
