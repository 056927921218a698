/**
 * The script of the workers in which guests run. Wiring only.
 * @module
 */
import { runComponent } from "../../../veil/component-run.ts";
import { runCore } from "../../../veil/core-run.ts";
import { serveSandbox } from "./serve.ts";

serveSandbox(({ program, order }, surroundings) =>
  program.type === "core" ? runCore(program.module, order, surroundings) : runComponent(program, order, surroundings),
);
