/**
 * What instantiating a component once makes: a component that holds another twice makes twice of all that is in it, and so
 * on inwards, so that a few bytes could stand for any number of modules. Counted while components are read.
 * @module
 */
import { tooMany } from "#protocol/veil/failure.ts";
import { componentLimits } from "./limits.ts";

/** Counts of one component, everything that its instances hold included. */
export class Expansion {
  /** Instances by the place of the core module among all of the program. */
  readonly modules = new Map<number, number>();
  private components = 1;
  private items = 0;
  private moduleInstances = 0;

  /** An instance of a core module. */
  addModule(module: number, offset: number, count = 1): void {
    this.moduleInstances += count;
    const most = componentLimits.modules;
    if (this.moduleInstances > most) throw tooMany(offset, "instances of core modules", this.moduleInstances, most);
    this.modules.set(module, (this.modules.get(module) ?? 0) + count);
  }

  /** So many things that become text. */
  addItems(count: number, offset: number): void {
    this.items += count;
    if (this.items > componentLimits.allItems) {
      throw tooMany(offset, "items in all", this.items, componentLimits.allItems);
    }
  }

  /** An instance of a component that was read before. */
  addInstance(of: Expansion, offset: number): void {
    this.components += of.components;
    if (this.components > componentLimits.components) {
      throw tooMany(offset, "instances of components", this.components, componentLimits.components);
    }
    this.addItems(of.items, offset);
    for (const [module, count] of of.modules) this.addModule(module, offset, count);
  }
}
