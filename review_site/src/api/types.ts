/** The API's answers by short names. The shapes are generated from review_site/openapi.json into schema.d.ts. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Video = Schemas["Video"];
export type VideoDetail = Schemas["VideoDetail"];
export type VideoPage = Schemas["VideoPage"];
export type Clip = Schemas["Clip"];
export type ClipPage = Schemas["ClipPage"];
export type ActionAnswer = Schemas["ActionAnswer"];
export type NextAnswer = Schemas["NextAnswer"];
export type NextRequest = Schemas["NextRequest"];
export type Lease = Schemas["Lease"];
export type Released = Schemas["Released"];
export type Change = Schemas["Change"];
export type ChangePage = Schemas["ChangePage"];
