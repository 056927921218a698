/**
 * A deliberate breach of the import table (the protocol imports the node, by type only). `npm run check` fails if the
 * tool that guards the table does not report it.
 * @module
 */
import type { Caged } from "../node/caged.ts";

/** Uses the forbidden type. */
export const canary: Caged = { sings: true };
