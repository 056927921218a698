/**
 * Configuration of dependency-cruiser, made from the import table.
 * @module
 */
import { importTable, protocolPackages } from "./import-table.mjs";

const modules = Object.keys(importTable);
const notATest = "\\.(test|bench)\\.tsx?$";

const layerRules = modules.map((name) => ({
  name: `${name}-imports`,
  comment: `src/${name} may import only: ${["itself", ...importTable[name]].join(", ")}. Move the code, or pass what it needs in as an argument.`,
  severity: "error",
  from: { path: `^src/${name}/`, pathNot: notATest },
  to: { path: "^(src|workers|e2e|tools)/", pathNot: `^src/(${[name, ...importTable[name]].join("|")})/` },
}));

export default {
  forbidden: [
    ...layerRules,
    {
      name: "protocol-packages",
      comment: `src/protocol stands only on ${protocolPackages.join(", ")}. Declare an interface and let the platform implement it.`,
      severity: "error",
      from: { path: "^src/protocol/", pathNot: notATest },
      to: { path: "node_modules", pathNot: `node_modules/(${protocolPackages.join("|")})/` },
    },
    {
      name: "no-node-in-core",
      comment: "Protocol, identity, wallet, node, sdk and veil run everywhere: no Node modules there.",
      severity: "error",
      from: { path: "^src/(protocol|identity|wallet|node|sdk|veil|shell)/", pathNot: notATest },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "platform-ports-only",
      comment: "Adapters see the node's ports, never its inside.",
      severity: "error",
      from: { path: "^src/platform/", pathNot: notATest },
      to: { path: "^src/node/", pathNot: "^src/node/ports\\.ts$" },
    },
    {
      name: "workers-import",
      comment: "A worker is a composition root of its own, but never of the shell or the seed.",
      severity: "error",
      from: { path: "^workers/" },
      to: { path: "^src/(shell|seed|testing)/" },
    },
    {
      name: "no-testing-in-product",
      comment: "Product code must not lean on test code.",
      severity: "error",
      from: { path: "^(src/(?!testing)|workers)", pathNot: notATest },
      to: { path: "^(src/testing|e2e|tools)/" },
    },
    {
      name: "no-cycles",
      comment: "Cycles hide who depends on whom.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "resolvable",
      comment: "The import leads nowhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "\\.wasm$|assembly/|\\?worker|virtual:" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "browser", "require", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".json", ".css"],
    },
  },
};
