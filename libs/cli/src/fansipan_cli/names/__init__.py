"""Names of agencies and procedures: read from files, kept in the database."""

from fansipan_cli.names.entries import AGENCIES, PROCEDURES, AgencyEntry, ProcedureEntry, Register
from fansipan_cli.names.files import Located, read_entries
from fansipan_cli.names.store import NameStore, Plan

__all__ = [
    "AGENCIES",
    "PROCEDURES",
    "AgencyEntry",
    "Located",
    "NameStore",
    "Plan",
    "ProcedureEntry",
    "Register",
    "read_entries",
]
