/**
 * The thread that checks and meters programs before they may go to a sandbox. Wiring only.
 * @module
 */
import { prepareProgram, servePreparation } from "../src/platform/browser/veil/preparation.ts";

servePreparation(self, prepareProgram);
