/** Starts the site: reads the configuration and hands the page to the app. */

import { h, render } from "preact";
import { loadConfig } from "./api/config";
import { explainError } from "./api/refusals";
import { Blank } from "./ui/parts/blocks";
import { App } from "./ui/shell/app";
import "./ui/site.css";

const root = document.getElementById("app");
if (!root) throw new Error("index.html has no element #app.");

loadConfig().then(
  (config) => render(h(App, { config }), root),
  (error: unknown) =>
    render(
      h(Blank, { title: "Heaters could not start", tone: "problem", children: explainError(error) }),
      root,
    ),
);
