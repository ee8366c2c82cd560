"""Beside a case's stops: who may look for a resident by the telephone they left, without opening what is sealed."""

from models import Role

MAY = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN})
