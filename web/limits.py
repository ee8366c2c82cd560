"""How often is too often at the doors. Keyed on the name as well as the address: a building may share one router.

Of signing in those count that were wrong, or still are being looked at.
"""

from bot.limits import MINUTE, Limit

SESSIONS = Limit("sessions", 3000)  # new conversations from one address: a whole estate behind one router
CODES = Limit("codes", 10, 15 * MINUTE)  # tries of one person who is signed in, about their second factor
SIGN_INS_OF_ONE = Limit("sign-ins of one", 100, 15 * MINUTE)  # tries of one name, from everywhere
SIGN_INS = Limit("sign-ins", 10, 15 * MINUTE)  # tries of one name from one address
