import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

export default defineConfig({
  resolve: {
    // The client stands in the same repository and needs no build of its own here; what it imports is this project's.
    alias: { "@hubserver/client": fileURLToPath(new URL("../js/src/index.ts", import.meta.url)) },
    dedupe: ["@microsoft/signalr", "rxjs"],
  },
  // The page may be served under any path.
  base: "./",
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    emptyOutDir: true,
  },
  plugins: [compressed()],
});

/** Writes each file also as .br and .gz, where that is smaller, so that the server need not compress. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        for (const file of Object.values(bundle)) {
          const source = Buffer.from(file.type === "chunk" ? file.code : file.source);
          for (const [ending, bytes] of [["br", brotliCompressSync(source)], ["gz", gzipSync(source, { level: 9 })]] as const)
            if (bytes.length < source.length * 0.95)
              this.emitFile({ type: "asset", fileName: `${file.fileName}.${ending}`, source: bytes });
        }
      },
    },
  };
}
