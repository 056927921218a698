/**
 * A sandbox worker like the app's, except that it calls the glue of a component and waits for what it promises: hostile
 * scripts need time that the app's worker does not give them.
 */
import { serveSandbox } from "../../platform/browser/veil/sandbox/serve.ts";
import { runCore } from "../../platform/veil/core-run.ts";

serveSandbox(async ({ program, order }, surroundings) => {
  if (program.type === "core") return runCore(program.module, order, surroundings);
  const hostile = surroundings.loadGlue(program.glue) as () => Promise<never>;
  return hostile();
});
