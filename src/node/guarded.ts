/**
 * What the store's failures become at the border to the sdk.
 * @module
 */
import { type Result, rejected } from "#protocol/result.ts";
import { StorageFailure } from "./ports.ts";

/** A failing store becomes a refusal, never an exception. */
export async function guarded<T>(action: () => Promise<Result<T>> | Result<T>): Promise<Result<T>> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof StorageFailure) return rejected(error.code, error.message);
    throw error;
  }
}
