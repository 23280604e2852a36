"""moto's server, as `python -m moto.server` starts it, but for DynamoDB: one call after the other.

moto 5.2.5 looks at the item, then at the condition, then writes, in a thread for each request and without a lock: of two
conditional writes at once both may win, which DynamoDB never lets happen. Other services wait in their calls, as for
messages of a queue: they go on side by side.
"""

import threading

from moto import server
from moto.moto_server.werkzeug_app import DomainDispatcherApplication


class OneAfterTheOther(DomainDispatcherApplication):
    _turn = threading.Lock()

    def __call__(self, environ, start_response):
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB_"):
            return super().__call__(environ, start_response)
        with self._turn:
            return super().__call__(environ, start_response)


server.DomainDispatcherApplication = OneAfterTheOther
server.main()
