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
export type DetectRequest = Partial<Schemas["DetectRequest"]>;
export type DetectAnswer = Schemas["DetectAnswer"];
export type Released = Schemas["Released"];
export type Change = Schemas["Change"];
export type ChangePage = Schemas["ChangePage"];
export type SentPart = Schemas["SentPart"];
export type Upload = Schemas["Upload"];
export type UploadedVideo = Schemas["UploadedVideo"];
export type UploadParts = Schemas["UploadParts"];
