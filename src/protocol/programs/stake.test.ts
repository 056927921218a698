/** Reading the voters of a state over and over. */
import { expect, it } from "vitest";
import { emptyStateTree, type StateTree } from "../ledger/state-tree.ts";
import { newSeat, readVoters, type SeatedVoter, standingsKey, votersKey, voterWrites } from "./stake.ts";

const seat = (slot: number, balanceNano: bigint, mark = slot): SeatedVoter =>
  newSeat(
    {
      key: new Uint8Array(48).fill(mark),
      owner: new Uint8Array(32).fill(mark),
      beaconKey: new Uint8Array(32).fill(mark),
    },
    slot,
    balanceNano,
    1,
  );

const withVoters = (state: StateTree, voters: readonly SeatedVoter[]): StateTree =>
  state.update(voterWrites(state, voters));

it("decodes a list once, whichever state holds it, and every other list anew", () => {
  const voters = [seat(0, 5n), seat(2, 7n)];
  const state = withVoters(emptyStateTree(), voters);
  const read = readVoters(state);
  expect(read).toEqual(voters);
  expect(readVoters(state)).toBe(read);
  const elsewhere = state.update([{ key: new Uint8Array(32).fill(9), value: Uint8Array.of(1) }]);
  expect(readVoters(elsewhere)).toBe(read);

  const richer = withVoters(state, [seat(0, 6n), seat(2, 7n)]);
  expect(richer.get(votersKey)).toBe(state.get(votersKey));
  expect(readVoters(richer)).toEqual([seat(0, 6n), seat(2, 7n)]);
  // A seat that changes hands may leave the list of standings as it is, down to the same bytes in memory.
  const handed = withVoters(state, [seat(0, 5n), seat(2, 7n, 8)]);
  expect(handed.get(standingsKey)).toBe(state.get(standingsKey));
  expect(readVoters(handed)).toEqual([seat(0, 5n), seat(2, 7n, 8)]);
  expect(readVoters(state)).toEqual(voters);
  expect(readVoters(withVoters(state, []))).toEqual([]);
});
