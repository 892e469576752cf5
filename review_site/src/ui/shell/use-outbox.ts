/** The uploads of whoever is signed in. */

import { useEffect, useMemo } from "preact/hooks";
import type { ApiClient } from "../../api/client";
import { putBlob } from "../../api/http";
import type { Session } from "../../api/session";
import { Outbox, wait } from "../../uploads/outbox";
import { UploadShelf } from "../../uploads/shelf";

/** Uploads go on whichever view is open, and stop when the person signs out; leaving the page asks first. */
export function useOutbox(api: ApiClient, session: Session): Outbox {
  const outbox = useMemo(() => {
    const shelf = new UploadShelf(localStorage, session.username);
    return new Outbox({ api, shelf, put: putBlob, wait });
  }, [api, session]);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (outbox.isSending) event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    const end = api.beforeSignOut(async () => outbox.stop());
    return () => {
      removeEventListener("beforeunload", ask);
      end();
    };
  }, [api, outbox]);
  return outbox;
}
