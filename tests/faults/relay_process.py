"""`python -m tests.faults.relay_process DATABASE_URL KAFKA PREFIX`: a relay alone, to be killed and frozen."""

import signal
import sys
from threading import Event

from shared.kafka.relay import Relay
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from tests.shared.feeding import SERVICE, topics_at


def main(database_url: str, bootstrap: str, prefix: str) -> None:
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    store, topics = FactStore(database_url, SERVICE), topics_at(bootstrap, prefix)
    Relay(store, topics, Metrics(), topic_check_s=1.0, frozen_s=3.0).run(stop)
    topics.close()
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
