/**
 * Whether programs are kept apart from the page: tried, not believed.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { addSandboxFrame, type SandboxPlace } from "./sandbox-frame.ts";

const notThere = rejected("disconnected", "The page that programs run in did not come.");

/** Opens the sandbox's page and tries to look into it: the browser must not let this page, nor so the other way round. */
export async function checkIsolation(place: SandboxPlace): Promise<Result<null>> {
  const frame = addSandboxFrame(place);
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  place.document.body.append(frame);
  try {
    // A page that was not found is closed to this one as well, and shows nothing.
    const { ok } = await fetch(frame.src);
    if (!ok) return notThere;
    await loaded;
    return frame.contentDocument === null
      ? accepted(null)
      : rejected("not-serving", "This browser does not keep programs apart from the page.");
  } catch {
    return notThere;
  } finally {
    frame.remove();
  }
}
