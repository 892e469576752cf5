/** Which page the address asks for, followed while it changes. */

import { useEffect, useState } from "preact/hooks";
import { parseRoute, type Route } from "../parts/router";

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = () => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}
