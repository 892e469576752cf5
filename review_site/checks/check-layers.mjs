/** Reads every module of src and says what breaks the layers or is too long. Circles are biome's: noImportCycles. */

import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import ts from "typescript";
import { findBreaches, MOST } from "./layers.ts";

const SRC = new URL("../src/", import.meta.url);
const GENERATED = "api/schema.d.ts";

const files = readdirSync(SRC, { recursive: true })
  .map((name) => name.split("\\").join("/"))
  .filter((name) => /\.tsx?$/.test(name) && name !== GENERATED)
  .sort()
  .map((name) => ({ name, text: readFileSync(new URL(name, SRC), "utf8") }));

const breaches = [
  ...findBreaches(
    files.map(({ name, text }) => ({ path: withoutEnding(name), imports: importsOf(name, text) })),
  ),
  ...files.flatMap(({ name, text }) => findLong(name, text)),
];
for (const breach of breaches) process.stderr.write(`${breach}\n`);
process.exitCode = breaches.length > 0 ? 1 : 0;

/** Style sheets are no modules. */
function importsOf(name, text) {
  const written = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  return written
    .filter((each) => !each.endsWith(".css"))
    .map((each) => (each.startsWith(".") ? posix.join(posix.dirname(name), each) : each));
}

function findLong(name, text) {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const lineAt = (position) => source.getLineAndCharacterOfPosition(position).line + 1;
  const count = lineAt(source.end) - 1;
  const long = count > MOST.file ? [`${name} has ${count} lines; ${MOST.file} are the most.`] : [];
  const visit = (node) => {
    const first = lineAt(node.getStart());
    const lines = lineAt(node.end) - first + 1;
    if (ts.isFunctionLike(node) && lines > MOST.function) {
      long.push(`${name}:${first} is a function of ${lines} lines; ${MOST.function} are the most.`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return long;
}

function withoutEnding(name) {
  return name.replace(/\.tsx?$/, "");
}
