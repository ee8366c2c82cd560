"""How often is too often at the doors. Keyed on the name as well as the address: a building may share one router."""

from limits import RateLimitItemPerMinute

SESSIONS = RateLimitItemPerMinute(3000)  # new conversations from one address: a whole estate behind one router
SIGN_INS = RateLimitItemPerMinute(10, 15)  # tries of one name from one address
