/**
 * Leads through the tour: looks whether the step has happened, and says what is next. It runs nothing by itself.
 * @module
 */
import type { Client } from "#sdk/contract.ts";
import type { ShellEnvironment, Tone } from "../commands/command.ts";
import { readProgress, type TourProgress } from "./tour-progress.ts";
import { type Ended, markOf, type TourStep, type TourWorld, tourSteps } from "./tour-steps.ts";

/** Words of the tour, a line each. */
export type TourLines = readonly (readonly [text: string, tone: Tone])[];

const stepNames = tourSteps.map(({ name }) => name);

/** The tour of one page. */
export class Tour {
  private readonly client: Client;
  private readonly environment: ShellEnvironment;
  /** One look after the other: two at once would both see the step done. */
  private looking: Promise<unknown> = Promise.resolve();

  constructor(client: Client, environment: ShellEnvironment) {
    this.client = client;
    this.environment = environment;
  }

  /** Where the person is; null if on no tour. */
  progress(): TourProgress | null {
    return readProgress(this.environment.tour.load(), stepNames);
  }

  /** Begins with the first step. */
  async begin(): Promise<TourLines> {
    return this.goTo(0);
  }

  /** Leaves it; what was reached is kept. */
  leave(): void {
    const progress = this.progress();
    if (progress !== null) this.environment.tour.save({ ...progress, isLeft: true });
  }

  /** Goes on where it was left, or from the start. */
  async goOn(): Promise<TourLines> {
    const progress = this.progress();
    if (progress === null) return this.begin();
    this.environment.tour.save({ ...progress, isLeft: false });
    return this.now();
  }

  /** Goes to the next step as if this one were done. */
  async skip(): Promise<TourLines> {
    const progress = this.progress();
    return progress === null ? [] : this.goTo(stepNames.indexOf(progress.step) + 1);
  }

  /** What to do now; nothing if on no tour. */
  async now(): Promise<TourLines> {
    const progress = this.progress();
    return progress === null || progress.isLeft ? [] : this.words(stepNames.indexOf(progress.step));
  }

  /** Looks whether the step has happened, as it may have after a command or a click; gives words for what is next. */
  look(ended: readonly Ended[]): Promise<TourLines> {
    const looked = this.looking.then(() => this.lookNow(ended));
    // A node that does not answer costs a look, not the prompt.
    this.looking = looked.catch(() => []);
    return this.looking as Promise<TourLines>;
  }

  private async lookNow(ended: readonly Ended[]): Promise<TourLines> {
    const progress = this.progress();
    if (progress === null || progress.isLeft) return [];
    const at = stepNames.indexOf(progress.step);
    if (!(await this.step(at).isDone(this.world(progress.mark, ended)))) return [];
    return [[`Done: ${this.step(at).title}.`, "good"], ...(await this.goTo(at + 1))];
  }

  /** Begins a step; what stands as it should already is passed over and said. */
  private async goTo(at: number): Promise<TourLines> {
    const passed: string[] = [];
    for (let next = at; next < tourSteps.length; next++) {
      const step = this.step(next);
      const mark = await markOf(step, this.world([], []));
      if (await step.isDone(this.world(mark, []))) {
        passed.push(step.title);
        continue;
      }
      this.environment.tour.save({ step: step.name, isLeft: false, mark });
      const already: TourLines = passed.length === 0 ? [] : [[`You have already: ${passed.join(", ")}.`, "dim"]];
      return [...already, ...(await this.words(next))];
    }
    this.environment.tour.save(null);
    return [
      ["That was the tour.", "strong"],
      [
        "From here: `help` lists all commands, `man COMMAND` tells all about one, `role produce on` makes blocks and earns, `open wallet` shows what you have. `tour` begins anew.",
        "plain",
      ],
    ];
  }

  private async words(at: number): Promise<TourLines> {
    const step = this.step(at);
    const { about, lines } = await step.say(this.world([], []));
    const count = `Tour, ${at + 1} of ${tourSteps.length}: ${step.title}`;
    const hint: TourLines =
      at === 0 ? [["`tour skip` passes over a step, `tour stop` leaves; `tour` goes on.", "dim"]] : [];
    return [[count, "strong"], [about, "plain"], ...lines.map((line) => [`  ${line}`, "good"] as const), ...hint];
  }

  private step(at: number): TourStep {
    return tourSteps[at] as TourStep;
  }

  private world(mark: readonly string[], ended: readonly Ended[]): TourWorld {
    const { client, environment } = this;
    return { client, environment, mark, ended };
  }
}
