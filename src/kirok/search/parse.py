"""From a filter's text to an expression.

    expression := conjunction (OR conjunction)*
    conjunction := negation ([AND] negation)*
    negation   := NOT negation | "(" expression ")" | comparison
    comparison := name comparator literal | name IS [NOT] NULL | name [NOT] BETWEEN literal AND literal
                | name [NOT] IN "(" literal ("," literal)* [","] ")"
    comparator := "=" | "!=" | "<" | "<=" | ">" | ">=" | [NOT] (LIKE | ILIKE | RLIKE | CONTAINS)

All that MLflow accepts means here what it means there; `docs/guide/search.md` lists what it refuses and kirok does not.
Two things that MLflow lets pass are kept: an AND too many, and one too few.
"""

from kirok.base.errors import InvalidParameter
from kirok.search.expression import Comparator, Comparison, Expression, Not, all_of, any_of
from kirok.search.fields import (
    COMPARATORS,
    EXPERIMENT_FIELDS,
    NUMERIC_COMPARATORS,
    RUN_FIELDS,
    TEXT,
    FieldKind,
    Fields,
)
from kirok.search.literals import literal_value
from kirok.search.names import Named, is_name, read_name
from kirok.search.refusals import printable, refusal
from kirok.search.tokens import Token, TokenKind, quoting_hint, tokenize
from kirok.search.words import words_of

MAX_COMPARISONS = 100
"""Each number of a list, and each word of CONTAINS, counts as one."""
MAX_NESTING = 12
"""Parentheses inside each other, or NOTs in a row.

Both limits keep the SQL within what SQLite's own parser takes, and its cost in bounds: every comparison is a look-up a
run. MLflow on SQLite takes some 60 comparisons, one for each table that SQLite joins.
"""

_WORDY = ("IN", "LIKE", "ILIKE", "RLIKE", "CONTAINS", "BETWEEN")
"""Comparators that are words and may stand behind NOT."""
_KEYWORDS = ("AND", "OR", "NOT", "IS", "NULL", *_WORDY)
_COMPARATORS = frozenset(Comparator)


def parse_run_filter(text: str | None) -> Expression | None:
    """What a filter of runs says; None where it asks nothing. InvalidParameter, with the place, for anything else."""
    return _parse(text, RUN_FIELDS)


def parse_experiment_filter(text: str | None) -> Expression | None:
    """What a filter of experiments says; None where it asks nothing. InvalidParameter, with the place, otherwise."""
    return _parse(text, EXPERIMENT_FIELDS)


def _parse(text: str | None, fields: Fields) -> Expression | None:
    if not text:
        return None
    tokens = _without_idle_ands(tokenize(text))
    if len(tokens) == 1:
        if not text.strip():
            raise InvalidParameter(
                f"Invalid filter '{printable(text)}'. Could not be parsed. Leave the filter out for no filter."
            )
        return None
    return _Parser(text, tokens, fields).whole()


def _without_idle_ands(tokens: list[Token]) -> list[Token]:
    """MLflow lets an AND pass at either end and after another AND."""
    kept: list[Token] = []
    for token in tokens:
        idle = token.is_word("AND") and (not kept or kept[-1].is_word("AND"))
        if token.kind is TokenKind.END and kept and kept[-1].is_word("AND"):
            kept.pop()
        if not idle:
            kept.append(token)
    return kept


class _Parser:
    def __init__(self, text: str, tokens: list[Token], fields: Fields) -> None:
        self.text = text
        self.tokens = tokens
        self.fields = fields
        self.index = 0
        self.depth = 0
        self.comparisons = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def advance(self) -> Token:
        """The token at hand, left behind unless it is the END."""
        token = self.token
        self.index += token.kind is not TokenKind.END
        return token

    def refuse(self, token: Token, sentence: str, mend: str = "") -> InvalidParameter:
        return refusal(self.text, token.position, sentence, mend)

    def whole(self) -> Expression:
        expression = self.disjunction()
        if self.token.kind is not TokenKind.END:
            raise self.refuse(
                self.token,
                f"Invalid clause(s) in filter string: '{printable(self.token.text)}'",
                "This parenthesis was never opened."
                if self.token.kind is TokenKind.CLOSE
                else "Join comparisons by AND or OR.",
            )
        return expression

    def disjunction(self) -> Expression:
        operands = [self.conjunction()]
        while self.token.is_word("OR"):
            self.advance()
            operands.append(self.conjunction())
        return any_of(operands)

    def conjunction(self) -> Expression:
        operands = [self.negation()]
        while self.token.is_word("AND") or self._starts_comparison():
            if self.token.is_word("AND"):
                self.advance()
            operands.append(self.negation())
        return all_of(operands)

    def _starts_comparison(self) -> bool:
        return self.token.kind is TokenKind.NAME and not self.token.is_word(*_KEYWORDS)

    def negation(self) -> Expression:
        first = self.token
        negations = 0
        while self.token.is_word("NOT"):
            self.advance()
            negations += 1
        expression = self._group() if self.token.kind is TokenKind.OPEN else self.comparison()
        if negations > MAX_NESTING:
            raise self.refuse(
                first, f"Invalid filter: more than {MAX_NESTING} NOTs in a row.", "Two of them cancel out."
            )
        for _ in range(negations):
            expression = Not(expression)
        return expression

    def _group(self) -> Expression:
        opening = self.advance()
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.refuse(
                opening,
                f"Invalid filter: parentheses are nested more than {MAX_NESTING} deep.",
                "Write the filter flatter.",
            )
        expression = self.disjunction()
        if self.token.kind is not TokenKind.CLOSE:
            raise self.refuse(opening, "Invalid clause(s) in filter string: '('", "This parenthesis is not closed.")
        self.advance()
        self.depth -= 1
        return expression

    def comparison(self) -> Expression:
        name = self._name()
        field = name.field
        comparator, at = self._comparator(name)
        value = None
        if comparator not in (Comparator.IS_NULL.value, Comparator.IS_NOT_NULL.value):
            value = literal_value(self.text, field, comparator, self._literal(comparator))
        if comparator not in _COMPARATORS:
            raise self._bad_comparator(name, comparator, at)
        read = Comparison(field.entity, field.key, Comparator(comparator), value, name.function)
        if read.comparator not in (NUMERIC_COMPARATORS if read.is_numeric else COMPARATORS[field.kind]):
            raise self._bad_comparator(name, comparator, at)
        self.comparisons += _weight(read)
        if self.comparisons > MAX_COMPARISONS:
            raise self.refuse(
                name.token,
                f"Invalid filter: it holds more than {MAX_COMPARISONS} comparisons (each number of a list and each "
                "word of CONTAINS counts as one).",
                "Use IN for a list of texts, or split it into several searches.",
            )
        return read

    def _name(self) -> Named:
        token = self.token
        if is_name(token) and not token.is_word(*_KEYWORDS):
            named = read_name(self.text, self.tokens, self.index, self.fields)
            self.index = named.following
            return named
        if token.kind in (TokenKind.NUMBER, TokenKind.STRING):
            raise self.refuse(
                token,
                f"Invalid comparison clause. Expected 'Identifier' found '{printable(token.text)}'.",
                "The name stands on the left, the literal on the right: metrics.loss < 0.5.",
            )
        raise self.refuse(
            token,
            f"Invalid clause(s) in filter string: '{printable(token.text) or 'end of filter'}'",
            "A comparison must stand here, such as metrics.loss < 0.5.",
        )

    def _comparator(self, name: Named) -> tuple[str, Token]:
        """The comparator in upper case with single blanks, which may be none of ours, and where it stands."""
        token = self.token
        if token.kind is TokenKind.OPERATOR:
            self.advance()
            return token.text, token
        if token.is_word(*_WORDY):
            return self.advance().text.upper(), token
        if token.is_word("NOT") and self.tokens[self.index + 1].is_word(*_WORDY):
            self.advance()
            return f"NOT {self.advance().text.upper()}", token
        if token.is_word("IS"):
            self.advance()
            negated = self.token.is_word("NOT")
            if negated:
                self.advance()
            if self.token.is_word("NULL"):
                self.advance()
                return "IS NOT NULL" if negated else "IS NULL", token
            raise self.refuse(token, "Invalid clause(s) in filter string: 'IS'", "Write IS NULL or IS NOT NULL.")
        adjacent = token.position == name.token.position + len(name.token.text) and token.kind is not TokenKind.END
        raise self.refuse(
            token,
            f"Invalid clause(s) in filter string: '{name.written}'",
            (quoting_hint(self.text, name.token) if adjacent else "")
            or "A comparator must follow the name: =, !=, <, <=, >, >=, LIKE, ILIKE, RLIKE, CONTAINS, BETWEEN, IN, "
            "IS NULL.",
        )

    def _literal(self, comparator: str) -> list[Token]:
        """One token, those of a list with its parentheses, or `low AND high`."""
        first = self.token
        if first.kind is TokenKind.END or first.is_word("AND", "OR"):
            raise self.refuse(
                first,
                f"Invalid clause(s) in filter string: '{printable(first.text) or 'end of filter'}'",
                "A value must follow the comparator.",
            )
        if comparator in (Comparator.BETWEEN.value, Comparator.NOT_BETWEEN.value):
            low, joint, high = self.advance(), self.advance(), self.advance()
            if not joint.is_word("AND") or high.kind is TokenKind.END:
                raise self.refuse(
                    first, f"Invalid clause(s) in filter string: '{comparator}'", "Write BETWEEN low AND high."
                )
            return [low, joint, high]
        if first.kind is not TokenKind.OPEN:
            return [self.advance()]
        tokens = []
        while self.token.kind not in (TokenKind.CLOSE, TokenKind.END):
            tokens.append(self.advance())
        if self.token.kind is TokenKind.END:
            raise self.refuse(first, "Invalid clause(s) in filter string: '('", "This list is not closed.")
        return [*tokens, self.advance()]

    def _bad_comparator(self, name: Named, comparator: str, at: Token) -> InvalidParameter:
        field, shown = name.field, printable(comparator)
        mend = ""
        if comparator in ("==", "<>"):
            mend = f"Write {'=' if comparator == '==' else '!='}."
        elif comparator in ("~", "=~", "!~"):
            mend = f"Write {'NOT ' if comparator == '!~' else ''}{name.written} RLIKE '…' for a regular expression."
        elif field.kind is FieldKind.WORDS:
            mend = f"Write {TEXT} CONTAINS 'some words'."
        elif field.kind is FieldKind.NUMBER_TEXT and comparator in NUMERIC_COMPARATORS:
            mend = f"To compare as numbers, leave the quotes out: {name.written} {comparator} 0.1."
        if field.kind is FieldKind.WHOLE_ID:
            return self.refuse(at, f"Invalid comparator for experiment_id: {shown}", "Use =, !=, IN or NOT IN.")
        allowed = [str(one) for one in COMPARATORS[field.kind]]
        return self.refuse(at, f"Invalid comparator '{shown}' not one of '{allowed}'", mend)


def _weight(comparison: Comparison) -> int:
    """How many comparisons it is worked out as."""
    in_list = comparison.comparator in (Comparator.IN, Comparator.NOT_IN)
    if in_list and isinstance(comparison.value, tuple) and comparison.is_numeric:
        return len(comparison.value)
    if comparison.comparator in (Comparator.CONTAINS, Comparator.NOT_CONTAINS):
        return len(words_of(str(comparison.value)))
    return 1
