/**
 * The app's preparation, except that text is taken for glue of a component, as if the transpiler had been fooled.
 */
import { accepted } from "#protocol/result.ts";
import { prepareProgram, servePreparation } from "../../platform/browser/veil/preparation.ts";

servePreparation(self, async (program, terms) =>
  program[0] === 0
    ? prepareProgram(program, terms)
    : accepted({ type: "component", modules: new Map(), glue: new TextDecoder().decode(program), needs: [] }),
);
