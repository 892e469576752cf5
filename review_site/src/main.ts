/** Starts the site: reads the configuration and hands the page to the app. */

import { h, render } from "preact";
import { loadConfig } from "./api/config";
import { explainError } from "./api/refusals";
import { Blank } from "./ui/parts/blocks";
import { App } from "./ui/shell/app";
import "./ui/styles/tokens.css";
import "./ui/styles/base.css";
import "./ui/styles/videos.css";
import "./ui/styles/uploads.css";
import "./ui/styles/review.css";
import "./ui/styles/player.css";
import "./ui/styles/sensitivity.css";

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
