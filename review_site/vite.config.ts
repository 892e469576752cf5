/** How the site is built and its pure modules are tested. Output names follow from content: same source, same bytes. */

import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "./",
  build: {
    target: "chrome120",
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
  test: {
    environment: "node",
    include: ["tests/**/*.test.ts"],
  },
});
