"""Lambda: which sandbox serves which call. Warm ones first, new ones within bounds, idle ones closed after a while.

Never looks into an event or an answer.
"""

import logging
import os
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local_cloud.aws.runtime_api import FunctionSpec, Invocation, Sandbox, failed
from local_cloud.machine.processes import Children

IDLE_S = 300.0
ASYNC_RETRY_DELAYS_S = (1.0, 5.0)
"""Lambda tries an event two more times, after one and two minutes; a person in front of a terminal waits less."""

logger = logging.getLogger(__name__)


class UnknownFunction(Exception):
    """No function of that name in the template."""


class Lambdas:
    """All functions of the template. `invoke` may be called from many threads and waits for a free sandbox."""

    def __init__(
        self,
        *,
        specs: Mapping[str, FunctionSpec],
        environment: Mapping[str, str],
        children: Children,
        logs: Path,
        per_function: int | None = None,
        total: int = 24,
    ) -> None:
        self._specs = specs
        self._environment = environment
        self._children = children
        self._logs = logs
        self._per_function = per_function or max(2, os.cpu_count() or 2)
        self._total = total
        self._changed = threading.Condition()
        self._idle: dict[str, list[Sandbox]] = defaultdict(list)
        self._busy: Counter[str] = Counter()
        self._closed = False
        self._background = ThreadPoolExecutor(max_workers=32, thread_name_prefix="async-invoke")

    def spec(self, name_or_arn: str) -> FunctionSpec:
        """The function called so, by name or ARN (a version or alias behind it is ignored)."""
        name = name_or_arn.rsplit(":function:", maxsplit=1)[-1].split(":", maxsplit=1)[0]
        if name not in self._specs:
            raise UnknownFunction(f"Function not found: {name_or_arn}")
        return self._specs[name]

    def invoke(self, name: str, payload: bytes) -> Invocation:
        """Run one event and wait for its answer, as RequestResponse does."""
        spec = self.spec(name)
        sandbox = self._acquire(spec)
        try:
            return sandbox.invoke(payload or b"{}")
        finally:
            self._release(sandbox)

    def invoke_later(self, name: str, payload: bytes) -> None:
        """Run one event in the background, as InvocationType Event does: up to three tries."""
        spec = self.spec(name)
        self._background.submit(self._try_repeatedly, spec.name, payload)

    def close_idle(self, *, older_than_s: float = IDLE_S) -> None:
        """End processes that nobody has called for a while."""
        horizon_s = time.monotonic() - older_than_s
        with self._changed:
            old = [s for pool in self._idle.values() for s in pool if s.idle_since_s <= horizon_s]
            for sandbox in old:
                self._idle[sandbox.spec.name].remove(sandbox)
            self._changed.notify_all()
        for sandbox in old:
            sandbox.close()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._background.shutdown(wait=False, cancel_futures=True)

    def count(self, name: str) -> int:
        """Processes of one function, busy or idle."""
        with self._changed:
            return self._busy[name] + len(self._idle[name])

    def _acquire(self, spec: FunctionSpec) -> Sandbox:
        evicted = None
        with self._changed:
            while True:
                if self._closed:
                    raise UnknownFunction("The local cloud is stopping.")
                if warm := self._pop_warm(spec.name):
                    return warm
                if self._busy[spec.name] < self._per_function:
                    evicted = self._oldest_idle() if self._processes() >= self._total else None
                    if evicted or self._processes() < self._total:
                        break
                self._changed.wait()
            self._busy[spec.name] += 1
        if evicted:
            evicted.close()
        return self._start(spec)

    def _pop_warm(self, name: str) -> Sandbox | None:
        while self._idle[name]:
            sandbox = self._idle[name].pop()
            if sandbox.alive:
                self._busy[name] += 1
                return sandbox
            sandbox.close()
        return None

    def _start(self, spec: FunctionSpec) -> Sandbox:
        try:
            return Sandbox(
                spec=spec,
                environment={**self._environment, **spec.environment},
                children=self._children,
                log=self._logs / f"{spec.name}.log",
            )
        except BaseException:
            with self._changed:
                self._busy[spec.name] -= 1
                self._changed.notify_all()
            raise

    def _oldest_idle(self) -> Sandbox | None:
        idle = [sandbox for pool in self._idle.values() for sandbox in pool]
        oldest = min(idle, key=lambda sandbox: sandbox.idle_since_s, default=None)
        if oldest:
            self._idle[oldest.spec.name].remove(oldest)
        return oldest

    def _processes(self) -> int:
        return self._busy.total() + sum(len(pool) for pool in self._idle.values())

    def _release(self, sandbox: Sandbox) -> None:
        with self._changed:
            self._busy[sandbox.spec.name] -= 1
            if sandbox.alive:
                self._idle[sandbox.spec.name].append(sandbox)
            self._changed.notify_all()

    def _try_repeatedly(self, name: str, payload: bytes) -> None:
        for delay_s in (*ASYNC_RETRY_DELAYS_S, None):
            try:
                outcome = self.invoke(name, payload)
            except UnknownFunction as exc:
                outcome = failed("UnknownFunction", str(exc))
            if outcome.function_error is None or delay_s is None or self._closed:
                break
            with self._changed:
                self._changed.wait_for(lambda: self._closed, timeout=delay_s)
        if outcome.function_error:
            logger.error("event lost: %s failed: %s", name, outcome.payload.decode(errors="replace")[:2000])
