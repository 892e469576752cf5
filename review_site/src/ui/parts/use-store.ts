/** Drawing again whenever a store changes. */

import { useEffect, useState } from "preact/hooks";
import type { Store } from "../../domain/store";

export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(store.value);
  useEffect(() => {
    setValue(store.value);
    return store.watch(setValue);
  }, [store]);
  return value;
}
