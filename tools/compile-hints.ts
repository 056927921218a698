/**
 * What the build writes at the head of the scripts that a first visit runs: Chromium then compiles all their functions beside
 * the thread that paints, while they arrive, instead of each on that thread when it is first called. To others it is a comment.
 * https://v8.dev/blog/explicit-compile-hints
 * @module
 */
import type { Plugin, Rolldown } from "vite";

const hint = "//# allFunctionsCalledOnLoad\n";

/** All modules that run when one does. */
function reachedFrom(entries: readonly string[], context: Rolldown.PluginContext): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [...context.getModuleIds()].filter((id) => entries.some((entry) => id.endsWith(entry)));
  if (open.length < entries.length) throw new Error(`not all of ${entries.join(", ")} are part of the app`);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    open.push(...(context.getModuleInfo(id)?.importedIds ?? []));
  }
  return reached;
}

/** Marks the scripts of some modules and of all that these cannot run without. */
export function compileHints(entries: readonly string[]): Plugin {
  let reached: ReadonlySet<string> = new Set();
  const isMarked = ({ moduleIds }: { readonly moduleIds: readonly string[] }) =>
    moduleIds.some((id) => reached.has(id));
  return {
    name: "aether-compile-hints",
    apply: "build",
    renderStart() {
      reached = reachedFrom(entries, this);
    },
    // A file's name stands for its bytes wherever it is kept.
    augmentChunkHash: (chunk) => (isMarked(chunk) ? hint : undefined),
    generateBundle: {
      // Last, behind the lists of files that are written before the code: the hint counts for what follows it.
      order: "post",
      handler: (_options, bundle) => {
        for (const file of Object.values(bundle))
          if (file.type === "chunk" && isMarked(file)) file.code = hint + file.code;
      },
    },
  };
}
